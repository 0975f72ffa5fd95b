// SPDX-License-Identifier: Apache-2.0
#include "app/capture/source_monitor.h"

#include <gtest/gtest.h>

namespace overfeat::capture::test {
namespace {

constexpr SizePx kSize{640, 480};

// A monitor on a clock that goes as the test says.
class SourceMonitorTest : public ::testing::Test {
protected:
    void pass(double seconds) {
        now_ += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    }
    void open(double fps = 30, bool live = true) {
        monitor_.opening(now_);
        monitor_.opened(now_, {.name = "Cam", .size = kSize, .fps = fps, .live = live});
    }
    void frames(int count, double period) {
        for (int i = 0; i < count; ++i) {
            monitor_.waiting(now_);
            pass(period);
            Frame shown;
            shown.image = Image(kSize);
            shown.index = i;
            monitor_.frame(now_, shown);
            monitor_.waiting(now_);
        }
    }
    SourceStatus status() const { return monitor_.status(now_); }

    Clock::time_point now_{std::chrono::hours(1)};
    SourceMonitor monitor_{"Cam", 2};
};

TEST_F(SourceMonitorTest, IsLiveFromTheFirstFrameOn) {
    open();
    EXPECT_EQ(status().state, SourceState::kOpening);
    frames(1, 0.03);
    EXPECT_EQ(status().state, SourceState::kLive);
    EXPECT_TRUE(status().sentence.empty());
    EXPECT_EQ(status().size, kSize);
}

TEST_F(SourceMonitorTest, MeasuresTheRate) {
    open();
    frames(60, 1.0 / 30);
    EXPECT_NEAR(status().fps, 30, 0.5);
}

TEST_F(SourceMonitorTest, MeasuresOneFramePerSecondAndTwoHundredForty) {
    open(1);
    frames(5, 1);
    EXPECT_NEAR(status().fps, 1, 0.05);
    frames(600, 1.0 / 240);
    EXPECT_NEAR(status().fps, 240, 3);
}

// What was kept while nobody could fetch it comes within a millisecond.
TEST_F(SourceMonitorTest, NoRateIsMadeOfWhatComesAtOnce) {
    open();
    frames(4, 0.001);
    EXPECT_EQ(status().fps, 0);
    frames(60, 1.0 / 30);
    EXPECT_NEAR(status().fps, 30, 0.5);
    pass(3);  // what was before is still remembered
    ASSERT_EQ(status().state, SourceState::kStalled);
    double highest = 0;
    const auto note = [&](int count, double interval) {
        for (int i = 0; i < count; ++i) {
            frames(1, interval);
            highest = std::max(highest, status().fps);
        }
    };
    note(3, 0.001);
    EXPECT_EQ(highest, 0) << "nor of the time it was away";
    note(30, 1.0 / 30);
    EXPECT_NEAR(status().fps, 30, 5);
    EXPECT_LT(highest, 45);
}

TEST_F(SourceMonitorTest, TheRateFallsWhenFramesStayAway) {
    open();
    frames(60, 1.0 / 30);
    pass(1.5);
    EXPECT_LT(status().fps, 15);
}

TEST_F(SourceMonitorTest, StallsAfterTwoSecondsAndSaysHowOldTheFrameIs) {
    open();
    frames(10, 0.03);
    pass(1.9);
    EXPECT_EQ(status().state, SourceState::kLive);
    pass(0.2);
    EXPECT_EQ(status().state, SourceState::kStalled);
    EXPECT_NEAR(status().frame_age_s, 2.1, 1e-6);
    EXPECT_FALSE(status().sentence.empty());
}

TEST_F(SourceMonitorTest, ADeviceThatOpensButNeverSendsIsStalled) {
    open();
    pass(2.1);
    EXPECT_EQ(status().state, SourceState::kStalled);
}

TEST_F(SourceMonitorTest, ASlowCameraIsNotStalled) {
    open(0.5);  // one frame in two seconds
    frames(3, 2);
    pass(3);
    EXPECT_EQ(status().state, SourceState::kLive);
    pass(4);
    EXPECT_EQ(status().state, SourceState::kStalled);
}

TEST_F(SourceMonitorTest, AHeldBackFrameIsNoStall) {
    open(0, false);
    monitor_.waiting(now_);
    monitor_.arrived();
    pass(30);
    EXPECT_NE(status().state, SourceState::kStalled);
}

TEST_F(SourceMonitorTest, StaysStalledThroughResetsUntilAFrameComes) {
    open();
    frames(1, 0.03);
    pass(2.1);
    ASSERT_TRUE(monitor_.stalled(now_));
    monitor_.resetAfterStall(now_);
    EXPECT_NEAR(status().retry_in_s, 0.5, 1e-6);
    pass(0.5);
    open();
    EXPECT_EQ(status().state, SourceState::kStalled);
    frames(1, 0.03);
    EXPECT_EQ(status().state, SourceState::kLive);
}

TEST_F(SourceMonitorTest, BackOffDoublesFromHalfASecondToEight) {
    for (const double expected : {0.5, 1.0, 2.0, 4.0, 8.0, 8.0}) {
        monitor_.opening(now_);
        monitor_.trouble(now_, {"Gone.", Retry::kBackOff});
        EXPECT_EQ(status().state, SourceState::kLost);
        EXPECT_EQ(status().sentence, "Gone.");
        EXPECT_NEAR(status().retry_in_s, expected, 1e-6);
        pass(expected);
    }
}

TEST_F(SourceMonitorTest, BackOffStartsAnewOnlyAfterARecovery) {
    const auto fail = [&] {
        monitor_.trouble(now_, {"Gone.", Retry::kBackOff});
        return status().retry_in_s;
    };
    fail();
    EXPECT_NEAR(fail(), 1, 1e-6);
    open();
    frames(3, 0.03);  // lives for a moment only: still the same trouble
    EXPECT_NEAR(fail(), 2, 1e-6);
    open();
    frames(200, 0.03);
    EXPECT_NEAR(fail(), 0.5, 1e-6);
}

TEST_F(SourceMonitorTest, MissingPermissionIsNotAskedForInAStorm) {
    monitor_.trouble(now_, {"Not allowed.", Retry::kSlowly});
    EXPECT_EQ(status().state, SourceState::kLost);
    EXPECT_NEAR(status().retry_in_s, 8, 1e-6);
}

TEST_F(SourceMonitorTest, WhatCannotBeUsedHasFailed) {
    monitor_.trouble(now_, {"No video.", Retry::kNever});
    EXPECT_EQ(status().state, SourceState::kFailed);
    EXPECT_EQ(status().sentence, "No video.");
}

TEST_F(SourceMonitorTest, TheSentenceOfALossStaysWhileItIsTriedAgain) {
    monitor_.trouble(now_, {"Gone.", Retry::kBackOff});
    monitor_.opening(now_);
    EXPECT_EQ(status().state, SourceState::kLost);
    EXPECT_EQ(status().sentence, "Gone.");
}

TEST_F(SourceMonitorTest, MostlyDamagedPicturesAreSaid) {
    open();
    for (int i = 0; i < 20; ++i) {
        frames(1, 0.03);
        monitor_.damaged(now_);
        monitor_.damaged(now_);
    }
    EXPECT_EQ(status().state, SourceState::kLive);
    EXPECT_EQ(status().damaged, 40U);
    EXPECT_NE(status().sentence.find("damaged"), std::string::npos);
    frames(200, 0.03);  // six good seconds
    EXPECT_TRUE(status().sentence.empty());
}

TEST_F(SourceMonitorTest, PausedIsShownButNotOverALoss) {
    open();
    frames(1, 0.03);
    monitor_.paused(true);
    EXPECT_EQ(status().state, SourceState::kPaused);
    monitor_.trouble(now_, {"Gone.", Retry::kBackOff});
    EXPECT_EQ(status().state, SourceState::kLost);
}

TEST_F(SourceMonitorTest, PassingOverFilesTakesTimeButIsNoStall) {
    open(1, false);
    monitor_.waiting(now_);
    for (int i = 0; i < 10; ++i) {
        pass(1);
        monitor_.skippedFiles(now_, 1000);
        EXPECT_EQ(status().state, SourceState::kOpening);
    }
    EXPECT_EQ(status().skipped_files, 10'000U);
    pass(2.5);
    EXPECT_EQ(status().state, SourceState::kStalled) << "now it does hang";
}

}  // namespace
}  // namespace overfeat::capture::test
