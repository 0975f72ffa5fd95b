// SPDX-License-Identifier: Apache-2.0
//
// ui_screenshots OUT_FOLDER [PICTURE]: renders the main window with synthetic results into PNG
// files, for people to look at.
#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMouseEvent>
#include <chrono>
#include <cstdio>
#include <vector>

#include "tests/ui/synthetic.h"
#include "ui/frame_image.h"
#include "ui/live_view.h"
#include "ui/main_window.h"
#include "ui/network_page.h"
#include "ui/side_panel.h"
#include "ui/taught_class_row.h"
#include "ui/taught_list.h"
#include "ui/teach_page.h"
#include "ui/theme.h"

using namespace overfeat;

namespace {

QImage testPicture(const QString& path) {
    const QImage loaded(path);
    if (!loaded.isNull()) return loaded;
    QImage gradient(640, 480, QImage::Format_RGB32);
    for (int y = 0; y < gradient.height(); ++y) {
        for (int x = 0; x < gradient.width(); ++x) {
            gradient.setPixel(x, y,
                              qRgb(x * 255 / 640, y * 255 / 480, ((x / 40 + y / 40) % 2) * 90));
        }
    }
    return gradient;
}

FramePtr frameOf(const QImage& image, std::uint64_t id,
                 std::chrono::steady_clock::time_point captured) {
    auto frame = std::make_shared<Frame>();
    frame->id = id;
    frame->captured = captured;
    frame->image = ui::imageFrom(image);
    frame->name = "camera";
    return frame;
}

std::vector<ui::LayerView> layers() {
    std::vector<ui::LayerView> all;
    for (int i = 0; i < 18; ++i) {
        all.push_back({.name = QStringLiteral("block_%1").arg(i),
                       .node = QStringLiteral("Conv_%1").arg(i),
                       .op = "Conv 3x3",
                       .shape = QStringLiteral("%1 x %2 x %2").arg(16 + 8 * i).arg(32 >> i / 6)});
    }
    return all;
}

void fill(ui::MainWindow& window, const QImage& image) {
    const auto start = std::chrono::steady_clock::now() - std::chrono::seconds(7);
    const SizePx size{image.width(), image.height()};
    const PointPx centre{image.width() * 0.5, image.height() * 0.52};
    for (int i = 0; i < 60; ++i) {
        const auto frame = frameOf(image, static_cast<std::uint64_t>(i + 1),
                                   start + std::chrono::milliseconds(110 * i));
        const auto wave = static_cast<float>(0.06 * ((i * 7) % 10) / 10.0);
        const std::vector<test::Bump> bumps{
            {3, centre, image.width() * 0.16, 0.62F + wave + 0.003F * static_cast<float>(i)},
            {0, {image.width() * 0.8, image.height() * 0.75}, image.width() * 0.07, 0.3F - wave},
            {1, {image.width() * 0.2, image.height() * 0.3}, image.width() * 0.08, 0.17F}};
        const auto result = test::syntheticRecognition(
            size, bumps, {.scales = 4, .first_window_px = image.height() * 0.9, .classes = 200},
            static_cast<std::uint64_t>(i + 1));
        test::addDetections(*result, bumps, 0.08F);
        window.setFrame(frame);
        window.setRecognition(result, frame);
    }
    window.setSources({{"demo", "Demo clip", "", ""},
                       {"camera:a", "HD Pro Webcam C920", "640x480, MJPG", ""},
                       {"camera:b", "Integrated Camera", "", "in use by another program"}},
                      "camera:a");
    window.setModels({{"default", "OverFeat default", "", ""}, {"m", "MobileNetV2", "", ""}},
                     "default");
    window.setDevices({{"auto", "Automatic", "", ""}, {"cpu", "CPU (oneDNN)", "", ""}}, "auto");
    window.setSourceStatus({.phase = ui::SourcePhase::kLive,
                            .name = "HD Pro Webcam C920",
                            .sentence = {},
                            .size = size,
                            .fps = 30.0,
                            .frame_age_s = 0.02,
                            .item = {}});
    window.setNetworkStatus({.fps = 11.8, .latency_ms = 84, .dropped = 1204});
    window.setDevice({.label = "CPU, oneDNN (AVX2, 2 threads)",
                      .reason = "No CUDA module beside the program.",
                      .is_fallback = false});
    window.setModel({.name = "OverFeat default",
                     .path = {},
                     .window_px = 64,
                     .class_count = 200,
                     .has_boxes = true,
                     .boxes_from = "boxes by its own regressor",
                     .fidelity = ui::FidelityView::kApproximate,
                     .fidelity_reasons = {"Conv_3: zero padding inside the window."},
                     .assumptions = {"The file names no mean; 123.7, 116.3, 103.5 was assumed."},
                     .card = "Trained on Tiny ImageNet, 200 classes.\nLicence: Apache-2.0.",
                     .fine_steps_available = 2,
                     .strides_px = {16, 8, 4},
                     .embedding = {"block_3", "block_4"},
                     .layers = layers()});
    std::vector<ui::LayerTimingView> timings;
    for (const ui::LayerView& layer : layers()) {
        timings.push_back({layer.node, layer.op, "jit:avx2",
                           0.4 + (static_cast<double>(timings.size() * 5 % 7)) * 0.6, 30'000'000});
    }
    window.networkPage().setLayerTimings(timings);
    window.setOptions({.scale_count = 4, .largest_side_windows = 3.5});
    window.setDetectionOptions({.window_threshold = 0.08,
                                .match_threshold = 0.6,
                                .nms_overlap = 0.5,
                                .score_threshold = 0.3});
    window.setBudget({.floor_fps = 10, .dropped_scales = 1});
}

ui::WindowPreferences preferences(ui::ThemeMode theme, int page = 0, bool panel_open = true) {
    ui::WindowPreferences result;
    result.theme = theme;
    result.panel_page = page;
    result.panel_open = panel_open;
    return result;
}

QImage cut(const QImage& picture, double x, double y, double side) {
    const int pixels = static_cast<int>(picture.height() * side);
    return picture
        .copy(static_cast<int>(picture.width() * x), static_cast<int>(picture.height() * y), pixels,
              pixels)
        .scaled(64, 64, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
}

ui::TeachView threeClasses(const QImage& picture) {
    ui::TeachView teach;
    const char* names[] = {"my coffee mug", "bicycle bell", "house key"};
    for (int i = 0; i < 3; ++i) {
        ui::TaughtClassView each;
        each.id = QStringLiteral("taught:%1").arg(i);
        each.name = QString::fromLatin1(names[i]);
        each.colour = 3 + 2 * i;
        each.capture_count = i == 0 ? 9 : i;
        each.threshold = i == 1 ? 0.55 : 0.72;
        each.threshold_is_automatic = i != 1;
        each.enabled = i != 2;
        each.thumbnail = cut(picture, 0.3 + 0.15 * i, 0.35, 0.35);
        for (int k = 0; k < each.capture_count; ++k) {
            ui::TaughtCaptureView capture;
            capture.id = QStringLiteral("%1/%2").arg(i).arg(k);
            capture.thumbnail = cut(picture, 0.25 + 0.03 * k, 0.2 + 0.04 * k, 0.3 + 0.02 * k);
            capture.disagrees = i == 0 && k == 4;
            if (i == 0 && k == 6) capture.hint = QStringLiteral("blurred");
            each.captures.push_back(capture);
        }
        if (i == 0) each.advice = QStringLiteral("One more from another side would help.");
        teach.classes.push_back(each);
    }
    teach.undo_text = QStringLiteral("add a capture to my coffee mug");
    return teach;
}

void shoot(QWidget& window, const QString& folder, const QString& name) {
    for (int i = 0; i < 3; ++i)
        QApplication::processEvents();
    const QString path = folder + QLatin1Char('/') + name + QStringLiteral(".png");
    if (!window.grab().save(path)) std::fprintf(stderr, "cannot write %s\n", qPrintable(path));
}

void shootTeach(ui::MainWindow& window, const QImage& picture, const QString& folder) {
    const auto both = [&](const QString& name) {
        for (const auto theme : {ui::ThemeMode::kDark, ui::ThemeMode::kLight}) {
            ui::WindowPreferences wanted = preferences(theme, ui::kTeachPage);
            wanted.heat_map.visible = false;
            window.setPreferences(wanted);
            shoot(window, folder,
                  name + (theme == ui::ThemeMode::kDark ? QStringLiteral("_dark")
                                                        : QStringLiteral("_light")));
        }
    };
    both(QStringLiteral("teach_empty"));
    window.setTeach(threeClasses(picture));
    window.setTaughtSimilarities({{"taught:0", 0.86, true}, {"taught:1", 0.31, false}});
    both(QStringLiteral("teach_classes"));
    auto* list = window.findChild<ui::TaughtList*>();
    list->row(QStringLiteral("taught:0"))->setUnfolded(true);
    both(QStringLiteral("teach_unfolded"));
    auto& view = window.liveView();
    const auto mouse = [&](QEvent::Type type, double x, double y, Qt::MouseButtons held) {
        const QRectF area = view.geometry().target();
        const QPointF at(area.left() + x * area.width(), area.top() + y * area.height());
        QMouseEvent event(type, at, view.mapToGlobal(at), Qt::LeftButton, held, Qt::NoModifier);
        QApplication::sendEvent(&view, &event);
    };
    window.setPreferences(preferences(ui::ThemeMode::kDark, ui::kTeachPage));
    mouse(QEvent::MouseButtonPress, 0.3, 0.3, Qt::LeftButton);
    mouse(QEvent::MouseMove, 0.6, 0.75, Qt::LeftButton);
    shoot(window, folder, QStringLiteral("teach_drawing_dark"));
    mouse(QEvent::MouseButtonRelease, 0.6, 0.75, Qt::NoButton);
    auto* name = window.findChild<ui::TeachPage*>()->findChild<QLineEdit*>();
    name->setText(QStringLiteral("tea pot"));
    both(QStringLiteral("teach_named"));
    name->clear();
    view.removeBox();
    ui::TeachView busy = threeClasses(picture);
    busy.progress = 0.45;
    busy.notice = QStringLiteral("Another program has opened this library, too.");
    window.setTeach(busy);
    window.resize(640, 480);
    both(QStringLiteral("teach_small"));
    window.resize(1280, 720);
    list->row(QStringLiteral("taught:0"))->setUnfolded(false);
    window.setTeach({});
}

}  // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    if (argc < 2) {
        std::fprintf(stderr, "usage: ui_screenshots OUT_FOLDER [PICTURE]\n");
        return 2;
    }
    const QString folder = QString::fromLocal8Bit(argv[1]);
    QDir().mkpath(folder);
    const QImage picture = testPicture(argc > 2 ? QString::fromLocal8Bit(argv[2]) : QString());
    ui::applyTheme(application, ui::ThemeMode::kDark);
    ui::MainWindow window;
    window.setPreferences(preferences(ui::ThemeMode::kDark));
    window.show();
    shoot(window, folder, "empty");
    fill(window, picture);
    shoot(window, folder, "dark");
    shootTeach(window, picture, folder);
    const auto show = [&](ui::ThemeMode theme, const ui::BoxLayers& layers, bool heat_map) {
        ui::WindowPreferences wanted = preferences(theme, ui::kBoxesPage);
        wanted.boxes = layers;
        wanted.heat_map.visible = heat_map;
        window.setPreferences(wanted);
    };
    show(ui::ThemeMode::kDark, {}, false);
    shoot(window, folder, "boxes_dark");
    window.liveView().openBallot(0);
    shoot(window, folder, "boxes_ballot_dark");
    show(ui::ThemeMode::kLight, {}, true);
    shoot(window, folder, "boxes_ballot_light");
    window.liveView().openBallot(std::nullopt);
    show(ui::ThemeMode::kLight, {.objects = true, .raw_boxes = true, .window_grid = false}, false);
    shoot(window, folder, "boxes_raw_light");
    show(ui::ThemeMode::kDark, {.objects = false, .raw_boxes = false, .window_grid = true}, false);
    shoot(window, folder, "boxes_windows_dark");
    show(ui::ThemeMode::kDark, {}, false);
    window.liveView().setZoom({.factor = 3, .centre = {0.7, 0.6}});
    shoot(window, folder, "boxes_zoom_dark");
    window.liveView().setZoom({});
    {
        const auto frame = frameOf(picture, 900, std::chrono::steady_clock::now());
        const std::vector<test::Bump> bumps{
            {3, {picture.width() * 0.5, picture.height() * 0.5}, picture.width() * 0.15, 0.8F}};
        const auto result = test::syntheticRecognition({picture.width(), picture.height()}, bumps);
        test::addDetections(*result, bumps);
        auto single = std::make_shared<Detections>(result->detections);
        for (Detection& object : single->objects) {
            object.voters.resize(1);
            object.confidence = object.score = 0.8F;
        }
        window.setComparison(std::make_shared<ui::Comparison>(
            ui::Comparison{.frame = frame,
                           .results = {{{"Vote", "1 object, highest sum 6.2", result, nullptr},
                                        {"NMS", "1 object, highest sum 0.8", result, single}}}}));
        shoot(window, folder, "comparison_dark");
        window.setComparison(nullptr);
    }
    window.setPreferences(preferences(ui::ThemeMode::kDark));
    const auto press = [&](int key) {
        QKeyEvent event(QEvent::KeyPress, key, Qt::NoModifier);
        QApplication::sendEvent(&window.liveView(), &event);
    };
    press(Qt::Key_Right);
    press(Qt::Key_PageDown);
    press(Qt::Key_Return);
    window.setPreferences(preferences(ui::ThemeMode::kLight));
    window.showMessage({.level = ui::MessageLevel::kWarning,
                        .sentence =
                            "The camera \"HD Pro Webcam C920\" is in use by another program;"
                            " close it, or choose another source.",
                        .actions = {{"retry", "Try again"}, {"demo", "Demo"}},
                        .seconds = 0,
                        .subject = "source"});
    shoot(window, folder, "light_pinned_message");
    window.snapshot(true).save(folder + "/snapshot.png");
    window.dismissMessage("demo");
    window.setPreferences(preferences(ui::ThemeMode::kLight, ui::kNetworkPage));
    window.setSourceStatus({.phase = ui::SourcePhase::kLost,
                            .name = "HD Pro Webcam C920",
                            .sentence = "The camera was unplugged; plug it in again.",
                            .size = {640, 480},
                            .fps = 0,
                            .frame_age_s = 4.2,
                            .retry_in_s = 1.5,
                            .item = {}});
    shoot(window, folder, "light_network_lost");
    for (QAction* action : window.actions()) {
        if (action->shortcut() == QKeySequence(Qt::Key_F1)) action->trigger();
    }
    if (auto* keys = window.findChild<QDialog*>()) {
        shoot(*keys, folder, "keys");
        keys->close();
    }
    window.resize(620, 420);
    window.setPreferences(preferences(ui::ThemeMode::kDark, 0, false));
    shoot(window, folder, "dark_small");
    return 0;
}
