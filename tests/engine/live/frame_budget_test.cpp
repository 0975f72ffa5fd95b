// SPDX-License-Identifier: Apache-2.0
#include "engine/live/frame_budget.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace overfeat::live {
namespace {

Look fourFineScales() {
    Look look;
    look.scale_count = 4;
    look.smallest_side_windows = 1;
    look.largest_side_windows = 8;
    look.fine_steps = 1;
    return look;
}

// What a network like ours costs: a scale its area, a fine stride three times that.
double costOf(const Look& look, double speed) {
    double area = 0;
    for (int i = 0; i < look.scale_count; ++i) {
        const double side =
            look.scale_count == 1
                ? look.smallest_side_windows
                : look.smallest_side_windows *
                      std::pow(look.largest_side_windows / look.smallest_side_windows,
                               i / (look.scale_count - 1.0));
        area += side * side;
    }
    return speed * area * (look.fine_steps > 0 ? 3 : 1);
}

// Runs so many frames and counts the changes.
int run(FrameBudget& budget, const std::function<double(const Look&)>& cost, int frames,
        double least_fps = 10) {
    int changes = 0;
    for (int i = 0; i < frames; ++i) {
        const LeftOut before = budget.leftOut();
        budget.note(cost(budget.look()), least_fps);
        changes += budget.leftOut() != before ? 1 : 0;
    }
    return changes;
}
int run(FrameBudget& budget, double speed, int frames, double least_fps = 10) {
    return run(
        budget, [speed](const Look& look) { return costOf(look, speed); }, frames, least_fps);
}

TEST(FrameBudget, LeavesNothingOutWhileThereIsTime) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    EXPECT_EQ(run(budget, 0.1, 200), 0);
    EXPECT_EQ(budget.leftOut(), LeftOut{});
}

TEST(FrameBudget, ALookIntoALayerGivesNoScaleBack) {
    FrameBudget budget;
    Look wanted = fourFineScales();
    budget.setWanted(wanted);
    ASSERT_GT(run(budget, 100, 200), 0);
    const LeftOut before = budget.leftOut();
    wanted.layer = LayerLook{.name = "relu", .first_channel = 64};
    budget.setWanted(wanted);
    EXPECT_EQ(budget.leftOut(), before);
    EXPECT_EQ(budget.look().layer, wanted.layer) << "but the layer is looked into";
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
    EXPECT_EQ(budget.look().scale_count, 3);
    EXPECT_NEAR(budget.look().largest_side_windows, 4, 1e-9);
}

TEST(FrameBudget, NeverLeavesOutTheLastScale) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    run(budget, 1e6, 500);
    EXPECT_EQ(budget.look().scale_count, 1);
    EXPECT_EQ(budget.look().largest_side_windows, 1);
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
    for (int i = 0; i < 100; ++i) {
        budget.note(i % 3 == 0 ? 900 : 20, 10);
        EXPECT_EQ(budget.leftOut(), LeftOut{});
    }
}

TEST(FrameBudget, WithoutAFloorOrWithOtherWishesItStartsAnew) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    run(budget, 4, 200);
    ASSERT_NE(budget.leftOut(), LeftOut{});
    budget.note(500, 0);
    EXPECT_EQ(budget.leftOut(), LeftOut{});
    run(budget, 4, 200);
    Look other = fourFineScales();
    other.scale_count = 3;
    budget.setWanted(other);
    EXPECT_EQ(budget.leftOut(), LeftOut{});
    EXPECT_EQ(budget.look().scale_count, 3);
}

TEST(FrameBudget, SingleViewsHaveNothingToLeaveOut) {
    FrameBudget budget;
    Look centre = fourFineScales();
    centre.views = Views::kCentre;
    budget.setWanted(centre);
    EXPECT_EQ(run(budget, 1e6, 100), 0);
}

// A small picture has fewer scales than were asked for, and time may go elsewhere altogether.
TEST(FrameBudget, GivesBackWhatSavesNothing) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    EXPECT_EQ(run(
                  budget, [](const Look&) { return 130.0; }, 300),
              5)
        << "four steps down, and all of them back at once";
    EXPECT_EQ(budget.leftOut(), LeftOut{});
    EXPECT_EQ(run(
                  budget, [](const Look&) { return 130.0; }, 1000),
              0)
        << "and it is not tried again";
    EXPECT_GT(run(budget, 8, 100), 0) << "unless it is much slower";
    EXPECT_NE(budget.leftOut(), LeftOut{});
}

// Only the last scale counts here: the fine stride and the others are taken along with it.
TEST(FrameBudget, KeepsLeftOutWhatHelpsInTheEnd) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    run(
        budget, [](const Look& look) { return look.scale_count > 1 ? 150.0 : 30.0; }, 300);
    EXPECT_EQ(budget.look().scale_count, 1);
}

// The time before a step was taken while the machine was busy with something else.
TEST(FrameBudget, ReturnsAlsoFromAStepTakenInABusyMoment) {
    FrameBudget budget;
    budget.setWanted(fourFineScales());
    run(
        budget, [](const Look&) { return 5000.0; }, FrameBudget::kSlowFrames + 1);
    ASSERT_NE(budget.leftOut(), LeftOut{});
    run(budget, 0.2, 400);
    EXPECT_EQ(budget.leftOut(), LeftOut{});
}

}  // namespace
}  // namespace overfeat::live
