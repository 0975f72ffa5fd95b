// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QMouseEvent>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QTreeWidget>
#include <QWheelEvent>
#include <algorithm>
#include <stdexcept>

#include "tests/ui/synthetic.h"
#include "ui/boxes_page.h"
#include "ui/comparison_panes.h"
#include "ui/frame_image.h"
#include "ui/live_marks.h"
#include "ui/live_view.h"
#include "ui/main_window.h"
#include "ui/message_banner.h"
#include "ui/network_page.h"
#include "ui/object_marks.h"
#include "ui/objects_list.h"
#include "ui/see_page.h"
#include "ui/status_strip.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr SizePx kFrame{640, 480};

class BoxesTest : public ::testing::Test {
protected:
    void SetUp() override {
        WindowPreferences preferences;
        preferences.panel_page = 1;
        preferences.heat_map.visible = false;
        window_.setPreferences(preferences);
        window_.setModel({.name = "net",
                          .path = {},
                          .window_px = 64,
                          .class_count = 30,
                          .has_boxes = true,
                          .fidelity_reasons = {},
                          .assumptions = {},
                          .card = {},
                          .fine_steps_available = 2});
        window_.setOptions({.scale_count = 2, .largest_side_windows = 2});
        window_.setDetectionOptions({.window_threshold = 0.15,
                                     .match_threshold = 0.6,
                                     .nms_overlap = 0.5,
                                     .score_threshold = 0.3});
        window_.show();
        window_.activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window_, 5000));
        view().setFocus();
    }
    // Two objects: class 4 at the left, class 7 at the right; `shift` moves both.
    void showResult(double shift = 0, std::uint64_t id = 1, double older_s = 0) {
        const auto now = std::chrono::steady_clock::now();
        const auto frame = test::plainFrame(kFrame, 90, id, now);
        const std::vector<test::Bump> bumps{{4, {180 + shift, 240}, 60, 0.8F},
                                            {7, {460 + shift, 240}, 60, 0.5F}};
        result_ = test::syntheticRecognition(
            kFrame, bumps, {.scales = 2, .first_window_px = 200, .classes = 30}, id);
        test::addDetections(*result_, bumps, 0.1F);
        window_.setFrame(frame);
        window_.setRecognition(result_, frame);
        if (older_s > 0) {
            const auto later = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                std::chrono::duration<double>(older_s));
            window_.setFrame(test::plainFrame(kFrame, 90, id + 1, now + later));
        }
        ASSERT_EQ(result_->detections.objects.size(), 2U);
        QApplication::processEvents();
    }
    LiveView& view() { return window_.liveView(); }
    ObjectsList& list() { return *window_.findChild<ObjectsList*>(); }
    BoxesPage& page() { return *window_.findChild<BoxesPage*>(); }
    QPointF middleOf(std::size_t object) {
        return view().geometry().toWidget(result_->detections.objects[object].box.centre());
    }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : &window_, key,
                        modifiers);
    }
    void hover(const QPointF& point) {
        QMouseEvent move(QEvent::MouseMove, point, view().mapToGlobal(point), Qt::NoButton,
                         Qt::NoButton, Qt::NoModifier);
        QApplication::sendEvent(&view(), &move);
    }
    void click(const QPointF& point) {
        QTest::mouseClick(&view(), Qt::LeftButton, {}, point.toPoint());
    }
    QImage painted() { return view().grab().toImage(); }
    int pixelsLike(const QColor& wanted) {
        const QImage image = painted();
        int count = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                const QColor c = image.pixelColor(x, y);
                count += std::abs(c.red() - wanted.red()) + std::abs(c.green() - wanted.green()) +
                             std::abs(c.blue() - wanted.blue()) <
                         24;
            }
        }
        return count;
    }
    template <typename T>
    T& named(const QString& name) {
        for (auto* each : page().findChildren<T*>()) {
            if (each->accessibleName() == name) return *each;
        }
        throw std::runtime_error("nothing is called " + name.toStdString());
    }

    MainWindow window_;
    std::shared_ptr<Recognition> result_;
};

TEST_F(BoxesTest, LayersAreSwitchedOneByOne) {
    showResult();
    const QColor object = classColour(4).lighter(115);
    const QColor raw = scaleColour(1);
    EXPECT_GT(pixelsLike(object), 100);
    press(Qt::Key_B);
    EXPECT_EQ(pixelsLike(object), 0);
    EXPECT_FALSE(window_.preferences().boxes.objects);
    const QImage plain = painted();
    press(Qt::Key_R);
    const QImage with_raw = painted();
    EXPECT_NE(with_raw, plain);
    EXPECT_GT(pixelsLike(raw), 0);
    press(Qt::Key_R);
    EXPECT_EQ(painted(), plain);
    press(Qt::Key_G);
    EXPECT_NE(painted(), plain);
    EXPECT_NE(painted(), with_raw);
    EXPECT_TRUE(window_.preferences().boxes.window_grid);
}

TEST_F(BoxesTest, HoveringHighlightsTheVoters) {
    showResult();
    const QImage before = painted();
    hover(middleOf(0));
    EXPECT_EQ(view().objects().current(), 0U);
    EXPECT_FALSE(view().probe()) << "one thing at a time";
    EXPECT_NE(painted(), before);
    EXPECT_GT(pixelsLike(scaleColour(0)) + pixelsLike(scaleColour(1)), 100);
    hover({5, 5});
    EXPECT_FALSE(view().objects().current());
}

TEST_F(BoxesTest, WhatIsUnderARestingPointerIsLookedAt) {
    showResult();
    hover(middleOf(0));
    ASSERT_EQ(view().objects().current(), 0U);
    showResult(-170, 2);
    EXPECT_FALSE(view().objects().current()) << "it has moved away";
    showResult(0, 3);
    EXPECT_EQ(view().objects().current(), 0U) << "and come back";
    press(Qt::Key_Tab);
    showResult(0, 4);
    EXPECT_EQ(view().objects().current(), 1U) << "the keyboard does not mind the pointer";
}

TEST_F(BoxesTest, ClickingOpensTheBallotAndEscapeClosesIt) {
    showResult();
    click(middleOf(1));
    ASSERT_EQ(view().objects().ballot(), 1U);
    EXPECT_EQ(list().ballotRows(), static_cast<int>(result_->detections.objects[1].votes()));
    // The best voter's dot lies on its window's centre.
    const RawBox& best = result_->detections.raw[result_->detections.objects[1].voters[0]];
    const ScoreMap& map = result_->scales[static_cast<std::size_t>(best.scale)];
    const QPointF centre = view().geometry().toWidget(map.windowAt(best.cell).centre());
    const QImage image = painted();
    const QColor dot = image.pixelColor((centre * image.devicePixelRatio()).toPoint());
    const QColor wanted = scaleColour(static_cast<std::size_t>(best.scale));
    EXPECT_NEAR(dot.red(), wanted.red(), 12);
    EXPECT_NEAR(dot.green(), wanted.green(), 12);
    EXPECT_NEAR(dot.blue(), wanted.blue(), 12);
    press(Qt::Key_Escape);
    EXPECT_FALSE(view().objects().ballot());
    EXPECT_EQ(list().ballotRows(), 0);
}

TEST_F(BoxesTest, KeyboardReachesEveryObject) {
    showResult();
    press(Qt::Key_Tab);
    EXPECT_EQ(view().objects().current(), 0U);
    press(Qt::Key_Tab);
    EXPECT_EQ(view().objects().current(), 1U);
    press(Qt::Key_Return);
    EXPECT_EQ(view().objects().ballot(), 1U);
    press(Qt::Key_Backtab, Qt::ShiftModifier);
    EXPECT_EQ(view().objects().ballot(), 0U) << "an open ballot follows";
    press(Qt::Key_Return);
    EXPECT_FALSE(view().objects().ballot());
    press(Qt::Key_Tab);
    press(Qt::Key_Tab);
    EXPECT_NE(QApplication::focusWidget(), &view()) << "after the last one the focus goes on";
}

TEST_F(BoxesTest, TheBallotStaysWithItsObjectWhileVideoRuns) {
    showResult();
    click(middleOf(1));
    const std::size_t class_index = result_->detections.objects[1].class_index;
    showResult(12, 2);
    ASSERT_TRUE(view().objects().ballot());
    EXPECT_EQ(result_->detections.objects[*view().objects().ballot()].class_index, class_index);
    showResult(-170, 3);
    EXPECT_FALSE(view().objects().ballot()) << "too far away to be the same";
}

TEST_F(BoxesTest, OtherObjectsOfTheSameFrame) {
    showResult();
    EXPECT_EQ(list().objectRows(), 2);
    auto fewer = std::make_shared<Detections>(result_->detections);
    fewer->objects.pop_back();
    window_.setDetections(fewer);
    EXPECT_EQ(list().objectRows(), 1);
    window_.setDetections(nullptr);
    EXPECT_EQ(list().objectRows(), 2);
}

TEST_F(BoxesTest, BoxesOfAnOlderPictureAreMarked) {
    showResult();
    const int solid = pixelsLike(classColour(4).lighter(115));
    showResult(0, 5, 0.6);
    const int dashed = pixelsLike(classColour(4).lighter(115));
    EXPECT_GT(dashed, solid / 4);
    EXPECT_LT(dashed, solid * 9 / 10);
}

TEST_F(BoxesTest, AnObjectOfAMomentAgoIsMarkedAndHasNoBallot) {
    showResult();
    const int solid = pixelsLike(classColour(4).lighter(115));
    auto gap = std::make_shared<Detections>(result_->detections);
    ASSERT_EQ(gap->objects[0].class_index, 4U);
    gap->objects[0].voters.clear();  // as the tracker does
    window_.setDetections(gap);
    EXPECT_LT(pixelsLike(classColour(4).lighter(115)), solid * 9 / 10);
    EXPECT_TRUE(objectText(nullptr, gap->objects[0]).endsWith("a moment ago"));
    EXPECT_FALSE(objectText(nullptr, gap->objects[1]).contains("a moment ago"));
    click(middleOf(0));
    EXPECT_EQ(list().ballotRows(), 0);
}

TEST_F(BoxesTest, SlidersActAtOnce) {
    QSignalSpy changed(&window_, &MainWindow::detectionOptionsChanged);
    QSignalSpy looked(&window_, &MainWindow::optionsChanged);
    named<QSlider>(QStringLiteral("Minimum score")).setValue(55);
    named<QSlider>(QStringLiteral("Merge distance")).setValue(120);
    ASSERT_EQ(changed.count(), 2);
    const auto options = changed[1][0].value<DetectionOptionsView>();
    EXPECT_NEAR(options.score_threshold, 0.55, 1e-9);
    EXPECT_NEAR(options.match_threshold, 1.2, 1e-9);
    EXPECT_EQ(looked.count(), 0) << "the network is not asked again";
    DetectionOptionsView told;
    told.merge = MergeChoice::kNms;
    window_.setDetectionOptions(told);
    EXPECT_EQ(changed.count(), 2) << "being told is not a change";
    EXPECT_FALSE(named<QSlider>(QStringLiteral("Merge distance")).isVisibleTo(&page()));
    EXPECT_TRUE(named<QSlider>(QStringLiteral("Maximum overlap")).isVisibleTo(&page()));
}

// A line of the ballot lights its window and shows what the network saw there.
TEST_F(BoxesTest, ABallotLineLightsItsWindowAndShowsWhatWasSeenThere) {
    const auto frame = std::make_shared<Frame>();
    frame->id = 1;
    frame->captured = std::chrono::steady_clock::now();
    frame->image = Image(kFrame);
    showResult();
    for (int y = 0; y < kFrame.height; ++y) {
        for (int x = 0; x < kFrame.width; ++x) {
            const RectPx& box = result_->detections.objects[0].box;
            const bool inside = box.contains({x + 0.5, y + 0.5});
            std::uint8_t* pixel = frame->image.row(y) + 3 * x;
            pixel[0] = inside ? 250 : 20;
            pixel[1] = 30;
            pixel[2] = inside ? 20 : 250;
        }
    }
    window_.setFrame(frame);
    window_.setRecognition(result_, frame);
    click(middleOf(0));
    auto* ballot = [this] {
        for (auto* each : list().findChildren<QTreeWidget*>()) {
            if (each->accessibleName() == QStringLiteral("Ballot")) return each;
        }
        throw std::runtime_error("no ballot");
    }();
    const QImage before = painted();
    QTest::mouseClick(ballot->viewport(), Qt::LeftButton, {},
                      ballot->visualItemRect(ballot->topLevelItem(1)).center());
    const RawBox& voter = result_->detections.raw[result_->detections.objects[0].voters[1]];
    ASSERT_TRUE(view().probe());
    EXPECT_TRUE(view().probe()->pinned);
    EXPECT_EQ(view().probe()->scale, static_cast<std::size_t>(voter.scale));
    EXPECT_EQ(view().probe()->cell, voter.cell);
    EXPECT_NE(painted(), before);
    EXPECT_TRUE(view().objects().ballot()) << "the ballot stays open";
    // By the keyboard, too.
    ballot->setFocus();
    QTest::keyClick(ballot, Qt::Key_Down);
    EXPECT_EQ(view().probe()->cell,
              result_->detections.raw[result_->detections.objects[0].voters[2]].cell);
    // Red inside the object, blue around it, as coarse as the network sees it.
    const QImage seen = windowSeen(imageOf(frame), {0, 0, 640, 480}, 64);
    EXPECT_EQ(seen.size(), QSize(64, 64));
    const PointPx middle = result_->detections.objects[0].box.centre();
    EXPECT_GT(
        seen.pixelColor(static_cast<int>(middle.x / 10), static_cast<int>(middle.y / 7.5)).red(),
        200);
    EXPECT_GT(seen.pixelColor(63, 63).blue(), 200);
    EXPECT_TRUE(windowSeen({}, {0, 0, 10, 10}, 64).isNull());
}

TEST_F(BoxesTest, OneObjectListsWhatElseItMayBe) {
    showResult();
    auto grouped = std::make_shared<Detections>(result_->detections);
    ASSERT_EQ(grouped->objects.size(), 2U);
    grouped->objects[0].score = 0.8F;
    grouped->objects[1].score = 0.3F;
    grouped->objects[0].alternatives = {grouped->objects[1], grouped->objects[1],
                                        grouped->objects[0]};
    grouped->objects.pop_back();
    window_.setDetections(grouped);
    ASSERT_EQ(list().objectRows(), 1);
    const Detection& object = grouped->objects[0];
    const LabelSet* labels = result_->labels.get();
    const QString other = labelText(labels, object.alternatives[0].class_index);
    EXPECT_EQ(alternativesText(labels, object), other + " 30 %") << "each class once, not its own";
    auto* table = list().findChild<QTreeWidget*>();
    EXPECT_TRUE(table->topLevelItem(0)->text(0).endsWith("or " + other + " 30 %"));
    click(view().geometry().toWidget(object.box.centre()));
    const auto texts = list().findChildren<QLabel*>();
    EXPECT_TRUE(std::ranges::any_of(texts, [&](const QLabel* each) {
        return each->isVisibleTo(&list()) && each->text() == "Also found here: " + other + " 30 %";
    }));
}

// More often wrong than right: it is asked, not said, and its box is thinner.
TEST_F(BoxesTest, AnUnsureObjectLooksUnsure) {
    showResult();
    auto doubted = std::make_shared<Detections>(result_->detections);
    doubted->objects.resize(1);
    doubted->objects[0].score = 0.9F;
    window_.setDetections(doubted);
    const int sure = pixelsLike(classColour(doubted->objects[0].class_index).lighter(115));
    const QString name = nameText(nullptr, doubted->objects[0]);
    auto unsure = std::make_shared<Detections>(*doubted);
    unsure->objects[0].score = 0.3F;
    window_.setDetections(unsure);
    EXPECT_LT(pixelsLike(classColour(unsure->objects[0].class_index).lighter(115)), sure * 3 / 4);
    EXPECT_EQ(nameText(nullptr, unsure->objects[0]), name + "?");
}

TEST_F(BoxesTest, RawBoxesDrawnAreTheBestFewHundred) {
    Detections many;
    for (int i = 0; i < 4000; ++i) {
        many.raw.push_back({.box = {1.0 * (i % 600), 10, 30, 30},
                            .score = static_cast<float>(i % 1000) / 1000,
                            .cell = {}});
    }
    const auto drawn = drawnRawBoxes(many);
    ASSERT_EQ(drawn.size(), kRawBoxesDrawn);
    for (const std::uint32_t index : drawn)
        EXPECT_GE(many.raw[index].score, 0.925F);
    many.raw.resize(20);
    EXPECT_EQ(drawnRawBoxes(many).size(), 20U);
}

// One pixel of the screen each, however large the picture is shown.
TEST_F(BoxesTest, RawBoxesAreThin) {
    showResult();
    press(Qt::Key_B);
    auto one = std::make_shared<Detections>();
    one->raw.push_back({.box = {200, 150, 200, 150}, .score = 0.9F, .cell = {}});
    window_.setDetections(one);
    const QImage without = painted();
    press(Qt::Key_R);
    const QImage with = painted();
    const QPointF middle = view().geometry().toWidget(PointPx{300, 150}) * with.devicePixelRatio();
    int thickness = 0;
    for (int y = static_cast<int>(middle.y()) - 8; y <= static_cast<int>(middle.y()) + 8; ++y) {
        const QPoint at(static_cast<int>(middle.x()), y);
        thickness += with.pixel(at) != without.pixel(at);
    }
    EXPECT_EQ(thickness, 1);
}

TEST_F(BoxesTest, WhatANetworkWithoutBoxesCannotDoIsGreyWithAReason) {
    auto& minimum = named<QSlider>(QStringLiteral("Minimum score"));
    auto& merging = named<QComboBox>(QStringLiteral("Merging"));
    auto& scales = named<QSpinBox>(QStringLiteral("Scales"));
    const QString help = minimum.toolTip();
    EXPECT_TRUE(minimum.isEnabled());
    ModelView boxless;
    boxless.name = QStringLiteral("classifier");
    window_.setModel(boxless);
    EXPECT_FALSE(minimum.isEnabled());
    EXPECT_FALSE(merging.isEnabled());
    EXPECT_TRUE(minimum.toolTip().contains("no box output"));
    EXPECT_TRUE(scales.isEnabled()) << "heat maps have scales, too";
    boxless.has_boxes = true;
    window_.setModel(boxless);
    EXPECT_TRUE(minimum.isEnabled());
    EXPECT_EQ(minimum.toolTip(), help);
    window_.setOptions({.views = ViewsChoice::kCentre});
    EXPECT_FALSE(minimum.isEnabled());
    EXPECT_TRUE(minimum.toolTip().contains("dense views"));
}

TEST_F(BoxesTest, ResetGoesBackToTheDefaults) {
    const DetectionOptionsView defaults{.window_threshold = 0.05,
                                        .match_threshold = 0.8,
                                        .nms_overlap = 0.5,
                                        .score_threshold = 0.2};
    const RecognitionOptionsView looking{.scale_count = 4, .largest_side_windows = 3.5};
    window_.setDefaults(looking, defaults, 12);
    QSignalSpy detection(&window_, &MainWindow::detectionOptionsChanged);
    QSignalSpy options(&window_, &MainWindow::optionsChanged);
    QSignalSpy floor(&window_, &MainWindow::frameRateFloorChanged);
    press(Qt::Key_R);
    named<QSlider>(QStringLiteral("Minimum score")).setValue(99);
    const auto resetOn = [](QWidget& of) {
        for (auto* button : of.findChildren<QPushButton*>()) {
            if (button->text() == QStringLiteral("Reset to defaults")) button->click();
        }
    };
    resetOn(page());
    EXPECT_EQ(detection.last()[0].value<DetectionOptionsView>(), defaults);
    EXPECT_EQ(options.last()[0].value<RecognitionOptionsView>().scale_count, 4);
    EXPECT_EQ(floor.last()[0].toDouble(), 12);
    EXPECT_EQ(window_.preferences().boxes, BoxLayers{});
    EXPECT_EQ(named<QSlider>(QStringLiteral("Minimum score")).value(), 20);
    window_.setOptions({.views = ViewsChoice::kTen, .flip = true});
    resetOn(*window_.findChild<NetworkPage*>());
    EXPECT_EQ(options.last()[0].value<RecognitionOptionsView>(), looking);
    WindowPreferences odd = window_.preferences();
    odd.heat_map.opacity = 0.1;
    odd.smooth = false;
    window_.setPreferences(odd);
    resetOn(*window_.findChild<SeePage*>());
    EXPECT_EQ(window_.preferences().heat_map, HeatMapOptions{});
    EXPECT_TRUE(window_.preferences().smooth);
}

TEST_F(BoxesTest, SaysWhyThereAreNoBoxes) {
    const auto says = [this](const QString& wanted) {
        for (const auto* label : list().findChildren<QLabel*>()) {
            if (label->isVisibleTo(&list()) && label->text().contains(wanted)) return true;
        }
        return false;
    };
    showResult();
    auto none = std::make_shared<Detections>(result_->detections);
    none->objects.clear();
    window_.setDetections(none);
    EXPECT_TRUE(says(QStringLiteral("says: beer bottle"))) << "what was nearly found";
    none = std::make_shared<Detections>();
    window_.setDetections(none);
    EXPECT_TRUE(says(QStringLiteral("No window is surer than 15 %")));
    ModelView boxless;
    boxless.name = QStringLiteral("classifier");
    window_.setModel(boxless);
    window_.setDetections(none);
    EXPECT_TRUE(says(QStringLiteral("no box output")));
}

TEST_F(BoxesTest, ComparisonSplitsThePicture) {
    QSignalSpy wanted(&window_, &MainWindow::comparisonRequested);
    showResult();
    press(Qt::Key_C);
    ASSERT_EQ(wanted.count(), 1);
    EXPECT_EQ(wanted[0][0].value<ComparisonChoice>(), ComparisonChoice::kMerge);
    auto single = std::make_shared<Detections>(result_->detections);
    single->objects.resize(1);
    window_.setComparison(std::make_shared<Comparison>(
        Comparison{.frame = test::plainFrame(kFrame),
                   .results = {{{"Vote", {}, result_, nullptr}, {"NMS", {}, result_, single}}}}));
    auto* panes = window_.findChild<ComparisonPanes*>();
    ASSERT_TRUE(panes->isVisible());
    EXPECT_FALSE(view().isVisible());
    EXPECT_EQ(panes->pane(0).objects().count(), 2U);
    EXPECT_EQ(panes->pane(1).objects().count(), 1U);
    EXPECT_EQ(panes->pane(1).accessibleName(), QStringLiteral("NMS"));
    panes->pane(0).setZoom({.factor = 2, .centre = {0.5, 0.5}});
    EXPECT_EQ(panes->pane(1).zoom(), panes->pane(0).zoom()) << "they move together";
    press(Qt::Key_Escape);
    EXPECT_FALSE(panes->isVisible());
    EXPECT_TRUE(view().isVisible());
    EXPECT_EQ(wanted.last()[0].value<ComparisonChoice>(), ComparisonChoice::kNone);
}

TEST_F(BoxesTest, AComparisonIsSavedAsItIsAndMessagesAreSeenOverIt) {
    showResult();
    window_.setComparison(std::make_shared<Comparison>(
        Comparison{.frame = test::plainFrame(kFrame),
                   .results = {{{"Vote", {}, result_, nullptr}, {"NMS", {}, result_, nullptr}}}}));
    const QImage saved = window_.snapshot(true);
    EXPECT_EQ(saved.height(), kFrame.height);
    EXPECT_GE(saved.width(), 2 * kFrame.width) << "both sides";
    EXPECT_EQ(window_.snapshot(false).width(), kFrame.width);
    EXPECT_EQ(window_.livePicture().width(), kFrame.width) << "a recording goes on";
    MessageView message;
    message.sentence = QStringLiteral("The picture is saved.");
    window_.showMessage(message);
    auto* banner = window_.findChild<MessageBanner*>();
    EXPECT_TRUE(banner->isVisible());
    EXPECT_GT(banner->visibleRegion().boundingRect().width(), 100);
}

// A slider changes the objects of both sides again and again.
TEST_F(BoxesTest, OtherThresholdsKeepTheBallotAndTheSideThatIsLookedAt) {
    showResult();
    const auto compare = [this](const Detections& right) {
        window_.setComparison(std::make_shared<Comparison>(
            Comparison{.frame = test::plainFrame(kFrame),
                       .results = {{{"Vote", {}, result_, nullptr},
                                    {"NMS", {}, result_, std::make_shared<Detections>(right)}}}}));
    };
    Detections more = result_->detections;
    Detection third = more.objects[0];
    third.box = {500, 20, 60, 60};
    more.objects.push_back(third);
    compare(more);
    auto* panes = window_.findChild<ComparisonPanes*>();
    panes->pane(1).openBallot(2);
    panes->pane(0).openBallot(0);
    EXPECT_EQ(&panes->lookedAt(), &panes->pane(0));
    compare(more);
    EXPECT_EQ(&panes->lookedAt(), &panes->pane(0));
    EXPECT_EQ(panes->pane(1).objects().ballot(), 2U) << "the result's own objects lack this one";
    EXPECT_EQ(panes->pane(0).objects().ballot(), 0U);
}

TEST_F(BoxesTest, KeysGoThroughTheComparisonsThatTheNetworkHas) {
    QSignalSpy wanted(&window_, &MainWindow::comparisonRequested);
    showResult();
    const auto lastWanted = [&wanted] { return wanted.last()[0].value<ComparisonChoice>(); };
    press(Qt::Key_C);
    EXPECT_EQ(lastWanted(), ComparisonChoice::kMerge);
    press(Qt::Key_C);
    EXPECT_EQ(lastWanted(), ComparisonChoice::kStride);
    press(Qt::Key_C);
    EXPECT_EQ(lastWanted(), ComparisonChoice::kNone);
    window_.setModel({.name = "net",
                      .path = {},
                      .has_boxes = true,
                      .fidelity_reasons = {},
                      .assumptions = {},
                      .card = {}});
    press(Qt::Key_C);
    press(Qt::Key_C);
    EXPECT_EQ(lastWanted(), ComparisonChoice::kNone) << "one stride only";
    window_.setOptions({.views = ViewsChoice::kCentre});
    press(Qt::Key_C);
    EXPECT_EQ(lastWanted(), ComparisonChoice::kNone) << "no windows, nothing to compare";
}

TEST_F(BoxesTest, KeysChangeMergingAndStride) {
    QSignalSpy merged(&window_, &MainWindow::detectionOptionsChanged);
    QSignalSpy looked(&window_, &MainWindow::optionsChanged);
    press(Qt::Key_V);
    ASSERT_EQ(merged.count(), 1);
    EXPECT_EQ(merged[0][0].value<DetectionOptionsView>().merge, MergeChoice::kNms);
    press(Qt::Key_V);
    press(Qt::Key_V);
    EXPECT_EQ(merged.last()[0].value<DetectionOptionsView>().merge, MergeChoice::kVote);
    for (const int steps : {1, 2, 0}) {
        press(Qt::Key_S);
        EXPECT_EQ(looked.last()[0].value<RecognitionOptionsView>().fine_steps, steps);
    }
}

TEST_F(BoxesTest, TheNumberOfScalesIsAControl) {
    QSignalSpy looked(&window_, &MainWindow::optionsChanged);
    auto& scales = named<QSpinBox>(QStringLiteral("Scales"));
    EXPECT_EQ(scales.value(), 2) << "as it was told";
    scales.setFocus();
    press(Qt::Key_Up);
    ASSERT_EQ(looked.count(), 1);
    EXPECT_EQ(looked[0][0].value<RecognitionOptionsView>().scale_count, 3);
}

TEST_F(BoxesTest, TheListKeepsItsPlaceWhileItIsEmpty) {
    showResult();
    const int height = list().sizeHint().height();
    window_.setDetections(std::make_shared<Detections>());
    EXPECT_EQ(list().objectRows(), 0);
    EXPECT_EQ(list().sizeHint().height(), height) << "or the page would jump on a video";
}

TEST_F(BoxesTest, BudgetSaysWhatIsLeftOut) {
    QSignalSpy changed(&window_, &MainWindow::frameRateFloorChanged);
    window_.setBudget({.floor_fps = 10, .dropped_scales = 2, .dropped_fine_steps = 1});
    EXPECT_EQ(changed.count(), 0);
    bool said = false;
    for (const auto* label : page().findChildren<QLabel*>())
        said = said || label->text() == "Left out to keep up: 1 fine stride, 2 scales.";
    EXPECT_TRUE(said);
    QStringList line;
    for (const auto* label : window_.findChild<StatusStrip*>()->findChildren<QLabel*>())
        line << label->text();
    EXPECT_TRUE(line.join(QLatin1Char(' ')).contains("without 1 fine stride, 2 scales"))
        << "in the status line, too";
    auto& floor = named<QSpinBox>(QStringLiteral("At least"));
    EXPECT_EQ(floor.value(), 10);
    floor.setFocus();
    press(Qt::Key_Up);
    ASSERT_EQ(changed.count(), 1);
    EXPECT_EQ(changed[0][0].toDouble(), 11);
}

TEST_F(BoxesTest, WheelMagnifiesAndPullingMoves) {
    showResult();
    const QPointF at = middleOf(0);
    QWheelEvent wheel(at, view().mapToGlobal(at), {}, {0, 240}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&view(), &wheel);
    EXPECT_NEAR(view().zoom().factor, 1.5625, 1e-6);
    EXPECT_NEAR(middleOf(0).x(), at.x(), 1e-6) << "boxes stay where the picture is";
    const QPoint from(300, 300);
    const QPointF before = view().geometry().target().topLeft();
    QTest::mousePress(&view(), Qt::LeftButton, {}, from);
    QTest::mouseMove(&view(), from + QPoint(-40, 0));
    QTest::mouseRelease(&view(), Qt::LeftButton, {}, from + QPoint(-40, 0));
    EXPECT_NEAR(view().geometry().target().left(), before.x() - 40, 1);
    EXPECT_FALSE(view().objects().ballot()) << "a pull is not a click";
    press(Qt::Key_0, Qt::ControlModifier);
    EXPECT_EQ(view().zoom(), Zoom{});
}

}  // namespace
}  // namespace overfeat::ui
