// SPDX-License-Identifier: Apache-2.0
//
// One frozen frame asked again and again: thresholds without a run of the network, vote beside NMS,
// coarse beside fine stride.
#include <gtest/gtest.h>

#include <QApplication>
#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QSlider>
#include <QTest>
#include <algorithm>
#include <thread>
#include <tuple>

#include "app/live/application.h"
#include "tests/app/live/fakes.h"
#include "ui/boxes_page.h"
#include "ui/comparison_panes.h"
#include "ui/live_view.h"
#include "ui/objects_list.h"

namespace overfeat::app {
namespace {

class FrozenFrameTest : public ::testing::Test {
protected:
    void start(const std::string& source, const std::string& model = "boxes.onnx") {
        Arguments arguments;
        arguments.source = source;
        arguments.model = model;
        application_ = std::make_unique<Application>(test::fakeParts(world_), arguments);
        application_->start();
        ASSERT_TRUE(test::waitFor([&] { return world_->processed >= 1 && objectCount() >= 0; }));
    }
    // Paused, and everything that was under way has arrived: the network has looked once more at
    // the picture at rest, and nothing has changed for a while.
    void pause() {
        emit window().playPauseToggled(true);
        const auto state = [this] {
            return std::tuple(world_->frames_made.load(), world_->processed.load(), shownNumber());
        };
        auto before = state();
        QElapsedTimer unchanged;
        unchanged.start();
        ASSERT_TRUE(test::waitFor([&] {
            if (const auto now = state(); now != before) {
                before = now;
                unchanged.restart();
            }
            return unchanged.elapsed() > 200 && world_->last_scales == Look().scale_count &&
                   showsTheLastResult();
        }));
    }
    // The place in its source of the picture in the window, of 256.
    int shownNumber() { return window().liveView().snapshot(false).pixelColor(0, 0).red(); }
    bool showsTheLastResult() {
        const Recognition* shown = window().liveView().recognition();
        return shown && shown->frame_id == world_->last_processed;
    }
    ui::MainWindow& window() { return application_->window(); }
    ui::ComparisonPanes& panes() { return *window().findChild<ui::ComparisonPanes*>(); }
    ui::BoxesPage& page() { return *window().findChild<ui::BoxesPage*>(); }
    ui::ObjectsList& list() { return *window().findChild<ui::ObjectsList*>(); }
    int objectCount() {
        return window().liveView().recognition()
                   ? static_cast<int>(window().liveView().objects().count())
                   : -1;
    }
    std::size_t votes(std::size_t pane) {
        const Detections* found = panes().pane(pane).objects().get();
        return found && !found->objects.empty() ? found->objects[0].votes() : 0;
    }
    template <typename T>
    T& named(const QString& name) {
        for (auto* each : page().findChildren<T*>()) {
            if (each->accessibleName() == name) return *each;
        }
        throw std::runtime_error("nothing is called " + name.toStdString());
    }
    void press(Qt::Key key) {
        QTest::keyClick(&window(), key);
        QApplication::processEvents();
    }
    bool says(const QString& part) {
        for (const QLabel* label : window().findChildren<QLabel*>()) {
            if (label->isVisible() && label->text().contains(part)) return true;
        }
        return false;
    }
    bool comparesMerging() {
        return test::waitFor([&] { return panes().isVisible() && votes(0) > 0; });
    }
    bool comparesStrides() {
        return test::waitFor([&] { return panes().isVisible() && votes(1) > 0; });
    }

    std::shared_ptr<test::World> world_ = std::make_shared<test::World>();
    std::unique_ptr<Application> application_;
};

TEST_F(FrozenFrameTest, ThresholdsActWithoutTheNetwork) {
    start("good.mp4");
    pause();
    ASSERT_EQ(objectCount(), 1);
    const int processed = world_->processed;
    named<QSlider>("Minimum score").setValue(100);
    EXPECT_EQ(objectCount(), 0);
    named<QSlider>("Minimum score").setValue(1);
    EXPECT_TRUE(test::waitFor([this] { return objectCount() == 1; }));
    named<QSlider>("Minimum window").setValue(99);
    EXPECT_TRUE(test::waitFor([this] { return objectCount() == 0; }));
    test::waitFor([] { return false; }, std::chrono::milliseconds(150));
    EXPECT_EQ(world_->processed, processed) << "the network was not asked";
    EXPECT_EQ(world_->fine_looks, 0);
}

TEST_F(FrozenFrameTest, VoteBesideNmsFromOneResult) {
    start("good.mp4");
    emit window().comparisonRequested(ui::ComparisonChoice::kMerge);
    ASSERT_TRUE(panes().isVisible());
    EXPECT_EQ(votes(0), 0U) << "the window does not wait for thousands of boxes to be counted";
    ASSERT_TRUE(comparesMerging());
    EXPECT_EQ(votes(0), 8U);
    EXPECT_EQ(panes().pane(0).recognition(), panes().pane(1).recognition());
    EXPECT_EQ(world_->fine_looks, 0);
    named<QSlider>("Minimum score").setValue(1);
    named<QSlider>("Merge distance").setValue(0);
    // All windows propose the same box, so any match score merges them; none merges none, and of
    // equal boxes one is shown.
    EXPECT_EQ(votes(0), 8U) << "what was found stays until it is found anew";
    EXPECT_TRUE(test::waitFor([&] { return votes(0) == 1; })) << "sliders act on the frozen frame";
    // Several changes before the first answer: the last one is what is shown in the end.
    for (const int value : {10, 0, 30, 60})
        named<QSlider>("Merge distance").setValue(value);
    EXPECT_TRUE(test::waitFor([&] { return votes(0) == 8; }));
}

TEST_F(FrozenFrameTest, WhatWasFoundForAnotherComparisonIsNotShown) {
    start("good.mp4");
    pause();
    emit window().comparisonRequested(ui::ComparisonChoice::kMerge);  // its votes are under way
    emit window().comparisonRequested(ui::ComparisonChoice::kStride);
    EXPECT_EQ(panes().pane(0).accessibleName(), "Coarse grid");
    ASSERT_TRUE(test::waitFor([&] {
        EXPECT_EQ(panes().pane(0).accessibleName(), "Coarse grid");
        return votes(1) > 0;
    }));
    EXPECT_EQ(votes(1), 16U);
}

TEST_F(FrozenFrameTest, CoarseBesideFineWhileTheVideoRuns) {
    start("good.mp4");
    emit window().comparisonRequested(ui::ComparisonChoice::kStride);
    EXPECT_TRUE(panes().isVisible()) << "at once, with the frozen frame";
    ASSERT_TRUE(comparesStrides());
    EXPECT_EQ(world_->fine_looks, 1) << "one run each";
    EXPECT_EQ(votes(0), 8U);
    EXPECT_EQ(votes(1), 16U);
    EXPECT_EQ(panes().pane(1).accessibleName(), "Fine grid");
    EXPECT_EQ(panes().pane(0).recognition()->frame_id, panes().pane(1).recognition()->frame_id);
    const int processed = world_->processed;
    EXPECT_TRUE(test::waitFor([&] { return world_->processed > processed + 3; })) << "it goes on";

    named<QSlider>("Minimum score").setValue(100);
    EXPECT_TRUE(test::waitFor([&] {
        return panes().pane(0).objects().count() + panes().pane(1).objects().count() == 0;
    }));
    EXPECT_EQ(world_->fine_looks, 1) << "without another run";
    Look other;
    other.scale_count = 3;
    emit window().optionsChanged(other);
    EXPECT_TRUE(test::waitFor([&] { return world_->fine_looks == 2; })) << "other scales need one";
}

TEST_F(FrozenFrameTest, KeysReachEveryComparisonWhilePaused) {
    start("good.mp4");
    pause();
    press(Qt::Key_C);
    ASSERT_TRUE(panes().isVisible());
    EXPECT_EQ(panes().pane(0).accessibleName(), "Vote");
    press(Qt::Key_C);
    ASSERT_TRUE(comparesStrides());
    EXPECT_EQ(panes().pane(0).accessibleName(), "Coarse grid");
    // The list and the ballot are those of the side that is looked at.
    panes().pane(1).openBallot(0);
    EXPECT_EQ(list().ballotRows(), 16);
    EXPECT_TRUE(says("What it found: Fine grid"));
    panes().pane(0).openBallot(0);
    EXPECT_EQ(list().ballotRows(), 8);
    EXPECT_TRUE(says("What it found: Coarse grid"));
    press(Qt::Key_C);
    EXPECT_FALSE(panes().isVisible());
    EXPECT_TRUE(window().liveView().isVisible());
    EXPECT_TRUE(says("What it found, and where"));
}

TEST_F(FrozenFrameTest, AStillPictureCanBeComparedToo) {
    start("picture.png");
    emit window().comparisonRequested(ui::ComparisonChoice::kStride);
    ASSERT_TRUE(comparesStrides());
    EXPECT_EQ(votes(1), 16U);
}

TEST_F(FrozenFrameTest, LeavingBeforeTheAnswerForgetsIt) {
    world_->network_ms = 100;
    start("good.mp4");
    emit window().comparisonRequested(ui::ComparisonChoice::kStride);
    ASSERT_TRUE(panes().isVisible());
    emit window().comparisonRequested(ui::ComparisonChoice::kNone);
    window().setComparison(nullptr);
    ASSERT_TRUE(test::waitFor([&] { return world_->fine_looks == 1; }));
    test::waitFor([] { return false; }, std::chrono::milliseconds(100));
    EXPECT_FALSE(panes().isVisible());
}

TEST_F(FrozenFrameTest, SaysWhatCannotBeCompared) {
    start("good.mp4", "plain.onnx");
    emit window().comparisonRequested(ui::ComparisonChoice::kStride);
    EXPECT_TRUE(test::waitFor([&] { return says("no grid that can be made finer"); }));
    EXPECT_FALSE(panes().isVisible());
    emit window().comparisonRequested(ui::ComparisonChoice::kMerge);
    EXPECT_TRUE(test::waitFor([&] { return says("cannot slide over a picture, so vote"); }));
    EXPECT_FALSE(panes().isVisible());
}

TEST_F(FrozenFrameTest, AnotherNetworkEndsTheComparison) {
    start("good.mp4");
    emit window().comparisonRequested(ui::ComparisonChoice::kMerge);
    ASSERT_TRUE(panes().isVisible());
    emit window().modelChosen("other.onnx");
    EXPECT_TRUE(test::waitFor([&] { return !panes().isVisible(); }));
    EXPECT_TRUE(window().liveView().isVisible());
}

TEST_F(FrozenFrameTest, APausedPictureIsLookedAtWithNothingLeftOut) {
    world_->says_ms = 100;  // far too slow: what is left out is no matter of this machine
    start("good.mp4");
    ASSERT_TRUE(test::waitFor([&] { return world_->last_scales == 1; }));
    pause();
    EXPECT_EQ(world_->last_scales, Look().scale_count) << "once more, as a picture at rest";
    EXPECT_TRUE(test::waitFor([&] { return says("network \u2013"); })) << "nothing runs";
}

// Frames come faster than the screen shows them: the newest is not the one that was shown last.
TEST_F(FrozenFrameTest, TheResultOfAPauseIsThatOfThePictureShown) {
    world_->frame_interval_ms = 1;
    start("good.mp4");
    for (int i = 0; i < 10; ++i) {
        test::waitFor([] { return false; }, std::chrono::milliseconds(20 + i));
        pause();
        EXPECT_EQ(shownNumber(), world_->last_number);
        emit window().playPauseToggled(false);
    }
}

// What a person sets on a picture at rest holds, also against a result that was under way.
TEST_F(FrozenFrameTest, ALateResultDoesNotUndoAThreshold) {
    start("picture.png");
    const int processed = world_->processed;
    world_->network_ms = 150;
    Look other;
    other.scale_count = 3;
    emit window().optionsChanged(other);  // looks again
    ASSERT_TRUE(test::waitFor([&] { return world_->started > processed; }));
    named<QSlider>("Minimum score").setValue(100);
    EXPECT_EQ(objectCount(), 0);
    ASSERT_TRUE(test::waitFor([&] { return world_->processed > processed; }));
    test::waitFor([] { return false; }, std::chrono::milliseconds(150));
    EXPECT_EQ(objectCount(), 0);
}

// Nor do two: one that waits for the window and one that the network is working on.
TEST_F(FrozenFrameTest, LateResultsOfAVideoDoNotUndoAThreshold) {
    start("good.mp4");
    ASSERT_EQ(objectCount(), 1);
    world_->network_ms = 300;
    int started = world_->started;
    ASSERT_TRUE(test::waitFor([&] { return world_->started > started; }));
    started = world_->started;
    while (world_->started == started)  // the window is busy meanwhile
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    named<QSlider>("Minimum score").setValue(100);
    EXPECT_EQ(objectCount(), 0);
    const int processed = world_->processed;
    int most = 0;
    EXPECT_TRUE(test::waitFor([&] {
        most = std::max(most, objectCount());
        return world_->processed >= processed + 3;
    }));
    EXPECT_EQ(most, 0);
}

TEST_F(FrozenFrameTest, WhatIsLeftOutToKeepUpIsSaid) {
    world_->says_ms = 100;
    start("good.mp4");
    EXPECT_TRUE(test::waitFor([&] { return says("without 3 scales"); })) << "in the status line";
    world_->says_ms = 1;
    EXPECT_TRUE(test::waitFor([&] { return !says("without"); })) << "it comes back";
}

}  // namespace
}  // namespace overfeat::app
