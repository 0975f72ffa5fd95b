// SPDX-License-Identifier: Apache-2.0
#include "engine/live/frame_budget.h"

#include <gtest/gtest.h>

#include <cmath>

namespace overfeat::live {
namespace {

detect::RecogniserOptions fourFineScales() {
    detect::RecogniserOptions options;
    options.scale_count = 4;
    options.smallest_side_windows = 1;
    options.largest_side_windows = 8;
    options.fine_steps = 1;
    return options;
}

// What a network like ours costs: a scale its area, a fine stride three times that.
double costOf(const detect::RecogniserOptions& options, double speed) {
    double area = 0;
    for (int i = 0; i < options.scale_count; ++i) {
        const double side =
            options.scale_count == 1
                ? options.smallest_side_windows
                : options.smallest_side_windows *
                      std::pow(options.largest_side_windows / options.smallest_side_windows,
                               i / (options.scale_count - 1.0));
        area += side * side;
    }
    return speed * area * (options.fine_steps > 0 ? 3 : 1);
}

// Runs so many frames and counts the changes.
int run(FrameBudget& budget, double speed, int frames, double least_fps = 10) {
    int changes = 0;
    for (int i = 0; i < frames; ++i)
        changes += budget.note(costOf(budget.options(), speed), least_fps) ? 1 : 0;
    return changes;
}

TEST(FrameBudget, LeavesNothingOutWhileThereIsTime) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    EXPECT_EQ(run(budget, 0.1, 200), 0);
    EXPECT_EQ(budget.leftOut(), LeftOut{});
}

TEST(FrameBudget, LeavesOutTheFineStrideFirstAndThenTheLargestScales) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    // Areas 1 + 4 + 16 + 64 = 85: 255 ms fine, 85 ms coarse.
    EXPECT_EQ(run(budget, 1, 100), 1);
    EXPECT_EQ(budget.leftOut(), (LeftOut{.scales = 0, .fine_steps = 1}));
    // Four times as slow: 340 ms, and 84 ms without the largest scale.
    EXPECT_EQ(run(budget, 4, 100), 1);
    EXPECT_EQ(budget.leftOut(), (LeftOut{.scales = 1, .fine_steps = 1}));
    // The remaining scales are where they were.
    EXPECT_EQ(budget.options().scale_count, 3);
    EXPECT_NEAR(budget.options().largest_side_windows, 4, 1e-9);
}

TEST(FrameBudget, NeverLeavesOutTheLastScale) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    run(budget, 1e6, 500);
    EXPECT_EQ(budget.options().scale_count, 1);
    EXPECT_EQ(budget.options().largest_side_windows, 1);
}

TEST(FrameBudget, SettlesAtEverySpeed) {
    for (double speed = 0.1; speed < 50; speed *= 1.1) {
        FrameBudget budget;
        budget.setWanted(fourFineScales());
        run(budget, speed, 300);
        EXPECT_EQ(run(budget, speed, 1000), 0) << "oscillates at " << speed;
    }
}

TEST(FrameBudget, ReturnsWhenThereIsTimeAgain) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    run(budget, 4, 200);
    ASSERT_NE(budget.leftOut(), LeftOut{});
    run(budget, 0.1, 200);
    EXPECT_EQ(budget.leftOut(), LeftOut{});
}

TEST(FrameBudget, OneSlowFrameMeansNothing) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    for (int i = 0; i < 100; ++i)
        EXPECT_FALSE(budget.note(i % 3 == 0 ? 900 : 20, 10));
}

TEST(FrameBudget, WithoutAFloorOrWithOtherWishesItStartsAnew) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    run(budget, 4, 200);
    ASSERT_NE(budget.leftOut(), LeftOut{});
    EXPECT_TRUE(budget.note(500, 0));
    EXPECT_EQ(budget.leftOut(), LeftOut{});
    run(budget, 4, 200);
    detect::RecogniserOptions other = fourFineScales();
    other.scale_count = 3;
    budget.setWanted(other);
    EXPECT_EQ(budget.leftOut(), LeftOut{});
    EXPECT_EQ(budget.options().scale_count, 3);
}

TEST(FrameBudget, SingleViewsHaveNothingToLeaveOut) {
    FrameBudget budget;
    detect::RecogniserOptions centre = fourFineScales();
    centre.views = detect::Views::kCentre;
    budget.setWanted(centre);
    EXPECT_EQ(run(budget, 1e6, 100), 0);
}

}  // namespace
}  // namespace overfeat::live
