// SPDX-License-Identifier: Apache-2.0
//
// Teaches the demo clip's hourglass to the program, by mouse and keyboard, and writes what the
// window shows meanwhile as OUT_FOLDER/000.png and so on: resources/pictures/teaching.sh makes a
// moving picture of them. Not a test.
#include <QApplication>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QPainter>
#include <QTest>
#include <iostream>

#include "app/live/application.h"
#include "tests/app/live/fakes.h"
#include "ui/live_view.h"
#include "ui/teach_page.h"

namespace overfeat::app {
namespace {

constexpr int kFrameMs = 125;
constexpr std::int64_t kFrame = 15;

// Where the hourglass is while the camera rests, which it does longer than that.
constexpr RectPx kHourglass{462, 230, 146, 222};

class Filming {
public:
    Filming(const std::filesystem::path& folder, Application& application)
        : folder_(folder), window_(application.window()) {}

    // What the window shows in the next `ms`.
    void goOn(int ms) {
        for (int i = 0; i < ms / kFrameMs; ++i)
            oneFrame();
    }
    bool goOnUntil(const std::function<bool()>& condition, int at_most_ms) {
        for (int i = 0; i < at_most_ms / kFrameMs && !condition(); ++i)
            oneFrame();
        return condition();
    }
    void moveTo(const QPointF& at) { pointer_ = at; }
    void press(QEvent::Type type) {
        const bool up = type == QEvent::MouseButtonRelease;
        ui::LiveView& view = window_.liveView();
        const QPointF at = view.mapFrom(&window_, pointer_);
        QMouseEvent event(type, at, view.mapToGlobal(at),
                          type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton,
                          up ? Qt::NoButton : Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&view, &event);
    }
    QPointF inWindow(PointPx point) const {
        const ui::LiveView& view = window_.liveView();
        return view.mapTo(&window_, view.geometry().toWidget(point));
    }

private:
    void oneFrame() {
        test::waitFor([] { return false; }, std::chrono::milliseconds(kFrameMs));
        QImage picture = window_.grab().toImage();
        QPainter painter(&picture);
        painter.setRenderHint(QPainter::Antialiasing);
        const QPolygonF arrow{{0, 0}, {0, 17}, {4, 13}, {7, 20}, {10, 19}, {7, 12}, {13, 12}};
        painter.setPen(QPen(Qt::black, 1.2));
        painter.setBrush(Qt::white);
        painter.drawPolygon(arrow.translated(pointer_));
        painter.end();
        picture.save(QString::fromStdString(
            (folder_ / QString("%1.png").arg(count_++, 3, 10, QChar('0')).toStdString()).string()));
    }

    std::filesystem::path folder_;
    ui::MainWindow& window_;
    QPointF pointer_{560, 420};
    int count_ = 0;
};

bool isSeen(const ui::MainWindow& window, const std::string& name) {
    const auto seen = window.livePicture().recognition;
    return seen && std::ranges::any_of(seen->detections.objects, [&](const Detection& object) {
               return (*seen->labels)[object.class_index].label == name;
           });
}

int film(const std::string& clip, const std::filesystem::path& folder) {
    Parts parts = realParts();
    parts.places.config_folder = folder / "settings";
    parts.places.data_folder = folder / "data";
    Arguments arguments;
    arguments.source = clip;
    arguments.model = "default";
    arguments.window = SizePx{960, 560};
    Application application(std::move(parts), arguments);
    application.start();
    ui::MainWindow& window = application.window();
    ui::LiveView& view = window.liveView();
    const auto index = [&]() -> std::int64_t {
        return view.shownFrame() ? view.shownFrame()->index : -1;
    };
    auto& page = *window.findChild<ui::TeachPage*>();
    if (!test::waitFor([&] { return index() >= 0 && window.livePicture().recognition; })) return 1;
    QTest::keyClick(&window, Qt::Key_T);
    QTest::keyClick(&window, Qt::Key_H);  // boxes only
    for (int i = 0; i < 3; ++i)
        QTest::keyClick(&window, Qt::Key_BracketLeft);  // a quarter of the speed
    if (!test::waitFor([&] { return page.problem().isEmpty(); })) return 1;
    view.setFocus();
    QTest::keyClick(&window, Qt::Key_Escape);
    const auto isNear = [&] { return index() >= kFrame - 6 && index() < kFrame; };
    if (!test::waitFor(isNear, std::chrono::minutes(2))) return 1;

    Filming film(folder, application);
    const auto corner = [&](bool lower_right) {
        return film.inWindow(lower_right ? PointPx{kHourglass.right(), kHourglass.bottom()}
                                         : PointPx{kHourglass.x, kHourglass.y});
    };
    film.moveTo(film.inWindow({300, 320}));
    if (!film.goOnUntil([&] { return index() >= kFrame - 1; }, 20'000)) return 1;
    QTest::keyClick(&view, Qt::Key_F);
    film.goOn(4 * kFrameMs);
    const QPointF from = corner(false);
    film.moveTo(from);
    film.press(QEvent::MouseButtonPress);
    constexpr int kSteps = 7;
    for (int i = 1; i <= kSteps; ++i) {
        film.moveTo(from + (corner(true) - from) * i / kSteps);
        film.press(QEvent::MouseMove);
        film.goOn(kFrameMs);
    }
    film.press(QEvent::MouseButtonRelease);
    film.goOn(4 * kFrameMs);
    auto* name = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    if (name == nullptr) return 1;
    for (const char letter : std::string("our hourglass")) {
        QTest::keyClick(name, letter);
        film.goOn(kFrameMs);
    }
    film.goOn(3 * kFrameMs);
    QElapsedTimer since_return;
    since_return.start();
    QTest::keyClick(name, Qt::Key_Return);
    const auto found = [&] { return isSeen(window, "our hourglass"); };
    const bool is_found = film.goOnUntil(found, 20'000);
    std::cout << "found " << since_return.elapsed() << " ms after Return\n";
    film.goOn(1500);
    return is_found ? 0 : 1;
}

}  // namespace
}  // namespace overfeat::app

int main(int argc, char** argv) {
    const QApplication application(argc, argv);
    if (argc != 3) {
        std::cerr << "usage: live_teaching_pictures DEMO_CLIP OUT_FOLDER\n";
        return 2;
    }
    std::filesystem::create_directories(argv[2]);
    return overfeat::app::film(argv[1], argv[2]);
}
