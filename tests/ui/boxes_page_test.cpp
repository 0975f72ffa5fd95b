// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QWheelEvent>
#include <algorithm>
#include <stdexcept>

#include "tests/ui/boxes_fixture.h"
#include "ui/comparison_panes.h"
#include "ui/live_marks.h"
#include "ui/message_stack.h"
#include "ui/network_page.h"
#include "ui/object_marks.h"
#include "ui/see_page.h"
#include "ui/status_strip.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

class BoxesPageTest : public BoxesTest {};

TEST_F(BoxesPageTest, SlidersActAtOnce) {
    QSignalSpy changed(&window_, &MainWindow::detectionOptionsChanged);
    QSignalSpy looked(&window_, &MainWindow::optionsChanged);
    named<QSlider>(QStringLiteral("Minimum score")).setValue(55);
    named<QSlider>(QStringLiteral("Merge distance")).setValue(120);
    ASSERT_EQ(changed.count(), 2);
    const auto options = changed[1][0].value<DetectionOptions>();
    EXPECT_NEAR(options.score_threshold, 0.55, 1e-9);
    EXPECT_NEAR(options.match_threshold, 1.2, 1e-9);
    EXPECT_EQ(looked.count(), 0) << "the network is not asked again";
    DetectionOptions told;
    told.merge = Merge::kNms;
    window_.setDetectionOptions(told);
    EXPECT_EQ(changed.count(), 2) << "being told is not a change";
    EXPECT_FALSE(named<QSlider>(QStringLiteral("Merge distance")).isVisibleTo(&page()));
    EXPECT_TRUE(named<QSlider>(QStringLiteral("Maximum overlap")).isVisibleTo(&page()));
}

TEST_F(BoxesPageTest, WhatANetworkWithoutBoxesCannotDoIsGreyWithAReason) {
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
    EXPECT_TRUE(minimum.toolTip().contains("cannot slide"));
    EXPECT_TRUE(scales.isEnabled()) << "heat maps have scales, too";
    boxless.has_boxes = true;
    window_.setModel(boxless);
    EXPECT_TRUE(minimum.isEnabled());
    EXPECT_EQ(minimum.toolTip(), help);
    window_.setOptions({.views = Views::kCentre});
    EXPECT_FALSE(minimum.isEnabled());
    EXPECT_TRUE(minimum.toolTip().contains("dense views"));
}

// Whatever its controls say, nothing is cut off at the right.
TEST_F(BoxesPageTest, ThePageIsNoWiderThanThePanel) {
    EXPECT_LE(page().minimumSizeHint().width(), page().parentWidget()->width());
}

TEST_F(BoxesPageTest, ResetGoesBackToTheDefaults) {
    const Look looking{.detection = DetectionOptions()};
    window_.setDefaults(looking, 12);
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
    EXPECT_EQ(detection.last()[0].value<DetectionOptions>(), DetectionOptions());
    EXPECT_EQ(options.last()[0].value<Look>().scale_count, looking.scale_count);
    EXPECT_EQ(floor.last()[0].toDouble(), 12);
    EXPECT_EQ(window_.preferences().boxes, BoxLayers{});
    EXPECT_EQ(named<QSlider>(QStringLiteral("Minimum score")).value(), 20);
    window_.setOptions({.views = Views::kTen, .flip = true});
    resetOn(*window_.findChild<NetworkPage*>());
    EXPECT_EQ(options.last()[0].value<Look>(), looking);
    WindowPreferences odd = window_.preferences();
    odd.heat_map.opacity = 0.1;
    odd.smooth = false;
    window_.setPreferences(odd);
    resetOn(*window_.findChild<SeePage*>());
    EXPECT_EQ(window_.preferences().heat_map, HeatMapOptions{});
    EXPECT_TRUE(window_.preferences().smooth);
}

TEST_F(BoxesPageTest, SaysWhyThereAreNoBoxes) {
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
    EXPECT_TRUE(says(QStringLiteral("cannot slide")));
}

TEST_F(BoxesPageTest, ComparisonSplitsThePicture) {
    QSignalSpy wanted(&window_, &MainWindow::comparisonRequested);
    showResult();
    press(Qt::Key_C);
    ASSERT_EQ(wanted.count(), 1);
    EXPECT_EQ(wanted[0][0].value<ComparisonChoice>(), ComparisonChoice::kMerge);
    auto single = std::make_shared<Detections>(result_->detections);
    single->objects.resize(1);
    window_.setComparison(std::make_shared<Comparison>(
        Comparison{.frame = test::plainFrame(kBoxesFrame),
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

TEST_F(BoxesPageTest, AComparisonIsSavedAsItIsAndMessagesAreSeenOverIt) {
    showResult();
    window_.setComparison(std::make_shared<Comparison>(
        Comparison{.frame = test::plainFrame(kBoxesFrame),
                   .results = {{{"Vote", {}, result_, nullptr}, {"NMS", {}, result_, nullptr}}}}));
    const QImage saved = window_.snapshot(true);
    EXPECT_EQ(saved.height(), kBoxesFrame.height);
    EXPECT_GE(saved.width(), 2 * kBoxesFrame.width) << "both sides";
    EXPECT_EQ(window_.snapshot(false).width(), kBoxesFrame.width);
    EXPECT_EQ(window_.livePicture().drawn().width(), kBoxesFrame.width) << "a recording goes on";
    MessageView message;
    message.sentence = QStringLiteral("The picture is saved.");
    window_.showMessage(message);
    auto* banner = window_.findChild<MessageStack*>();
    EXPECT_TRUE(banner->isVisible());
    EXPECT_GT(banner->visibleRegion().boundingRect().width(), 100);
}

// A slider changes the objects of both sides again and again.
TEST_F(BoxesPageTest, OtherThresholdsKeepTheBallotAndTheSideThatIsLookedAt) {
    showResult();
    const auto compare = [this](const Detections& right) {
        window_.setComparison(std::make_shared<Comparison>(
            Comparison{.frame = test::plainFrame(kBoxesFrame),
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

TEST_F(BoxesPageTest, KeysGoThroughTheComparisonsThatTheNetworkHas) {
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
                      .boxes_from = {},
                      .fidelity_reasons = {},
                      .assumptions = {},
                      .card = {}});
    press(Qt::Key_C);
    press(Qt::Key_C);
    EXPECT_EQ(lastWanted(), ComparisonChoice::kNone) << "one stride only";
    window_.setOptions({.views = Views::kCentre});
    press(Qt::Key_C);
    EXPECT_EQ(lastWanted(), ComparisonChoice::kNone) << "no windows, nothing to compare";
}

TEST_F(BoxesPageTest, KeysChangeMergingAndStride) {
    QSignalSpy merged(&window_, &MainWindow::detectionOptionsChanged);
    QSignalSpy looked(&window_, &MainWindow::optionsChanged);
    press(Qt::Key_V);
    ASSERT_EQ(merged.count(), 1);
    EXPECT_EQ(merged[0][0].value<DetectionOptions>().merge, Merge::kNms);
    press(Qt::Key_V);
    press(Qt::Key_V);
    EXPECT_EQ(merged.last()[0].value<DetectionOptions>().merge, Merge::kVote);
    for (const int steps : {1, 2, 0}) {
        press(Qt::Key_S);
        EXPECT_EQ(looked.last()[0].value<Look>().fine_steps, steps);
    }
}

TEST_F(BoxesPageTest, TheNumberOfScalesIsAControl) {
    QSignalSpy looked(&window_, &MainWindow::optionsChanged);
    auto& scales = named<QSpinBox>(QStringLiteral("Scales"));
    EXPECT_EQ(scales.value(), 2) << "as it was told";
    scales.setFocus();
    press(Qt::Key_Up);
    ASSERT_EQ(looked.count(), 1);
    EXPECT_EQ(looked[0][0].value<Look>().scale_count, 3);
}

TEST_F(BoxesPageTest, TheListKeepsItsPlaceWhileItIsEmpty) {
    showResult();
    const int height = list().sizeHint().height();
    window_.setDetections(std::make_shared<Detections>());
    EXPECT_EQ(list().objectRows(), 0);
    EXPECT_EQ(list().sizeHint().height(), height) << "or the page would jump on a video";
}

TEST_F(BoxesPageTest, BudgetSaysWhatIsLeftOut) {
    QSignalSpy changed(&window_, &MainWindow::frameRateFloorChanged);
    window_.setBudget({.floor_fps = 10, .dropped_scales = 2, .dropped_fine_steps = 1});
    EXPECT_EQ(changed.count(), 0);
    bool said = false;
    for (const auto* label : page().findChildren<QLabel*>())
        said = said || label->text() == "Left out to keep up: 1 finer grid, 2 scales.";
    EXPECT_TRUE(said);
    QStringList line;
    for (const auto* label : window_.findChild<StatusStrip*>()->findChildren<QLabel*>())
        line << label->text();
    EXPECT_TRUE(line.join(QLatin1Char(' ')).contains("without 1 finer grid, 2 scales"))
        << "in the status line, too";
    auto& floor = named<QSpinBox>(QStringLiteral("At least"));
    EXPECT_EQ(floor.value(), 10);
    floor.setFocus();
    press(Qt::Key_Up);
    ASSERT_EQ(changed.count(), 1);
    EXPECT_EQ(changed[0][0].toDouble(), 11);
}

TEST_F(BoxesPageTest, WheelMagnifiesAndPullingMoves) {
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
