// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QWheelEvent>
#include <stdexcept>

#include "tests/ui/synthetic.h"
#include "ui/boxes_page.h"
#include "ui/comparison_panes.h"
#include "ui/live_view.h"
#include "ui/main_window.h"
#include "ui/message_banner.h"
#include "ui/object_marks.h"
#include "ui/objects_list.h"
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
    named<QSlider>(QStringLiteral("Shown from")).setValue(55);
    named<QSlider>(QStringLiteral("Match below")).setValue(120);
    ASSERT_EQ(changed.count(), 2);
    const auto options = changed[1][0].value<DetectionOptionsView>();
    EXPECT_NEAR(options.score_threshold, 0.55, 1e-9);
    EXPECT_NEAR(options.match_threshold, 1.2, 1e-9);
    EXPECT_EQ(looked.count(), 0) << "the network is not asked again";
    DetectionOptionsView told;
    told.merge = MergeChoice::kNms;
    window_.setDetectionOptions(told);
    EXPECT_EQ(changed.count(), 2) << "being told is not a change";
    EXPECT_FALSE(named<QSlider>(QStringLiteral("Match below")).isVisibleTo(&page()));
    EXPECT_TRUE(named<QSlider>(QStringLiteral("Overlap")).isVisibleTo(&page()));
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
