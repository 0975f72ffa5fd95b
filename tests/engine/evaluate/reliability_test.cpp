// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/reliability.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/core/taught_classes.h"

namespace overfeat::evaluate {
namespace {

constexpr double kThreshold = 0.4;

// At each similarity as many right ones as a curve says, of a hundred, mixed evenly.
std::vector<Accepted> along(double middle, double steepness) {
    std::vector<Accepted> shown;
    for (int i = 0; i < 100; ++i) {
        for (double similarity = kThreshold; similarity < 0.9; similarity += 0.02) {
            const double share = scoreOfSimilarity(similarity, middle, steepness);
            const bool right = std::floor((i + 1) * share) > std::floor(i * share);
            shown.push_back({similarity, right});
        }
    }
    return shown;
}

TEST(Reliability, ScoresThatSayHowOftenTheyAreRightHaveNoError) {
    const auto shown = along(kThreshold, 0.1);
    const Reliability right = reliabilityOf(shown, kThreshold, 0.1);
    EXPECT_EQ(right.count, shown.size());
    EXPECT_LT(right.error, 0.01);
    EXPECT_GT(reliabilityOf(shown, kThreshold, 0.02).error, 0.1) << "too sure of itself";
    EXPECT_NEAR(likeliestSteepness(shown, kThreshold), 0.1, 0.01);
}

TEST(Reliability, ACurveFittedToOneHalfHoldsForTheOther) {
    const auto shown = along(0.62, 0.08);  // at the threshold hardly anything is right
    EXPECT_GT(reliabilityOf(shown, kThreshold, kScoreSteepness).error, 0.2);
    EXPECT_LT(heldOutError(shown, kThreshold), 0.02);
}

// What is true of one half and not of the other is no calibration.
TEST(Reliability, HalvesThatDifferAreSeen) {
    std::vector<Accepted> shown(100, {0.6, true});
    shown.resize(200, {0.6, false});
    EXPECT_GT(heldOutError(shown, kThreshold), 0.9);
}

TEST(Reliability, NothingIsLearntFromNothing) {
    EXPECT_EQ(reliabilityOf({}, kThreshold, 0.1).count, 0U);
    EXPECT_EQ(heldOutError({}, kThreshold), 0);
    EXPECT_EQ(likeliestSteepness({}, kThreshold), 0);
    const std::vector<Accepted> below{{0.1, true}, {0.2, false}};
    EXPECT_EQ(heldOutError(below, kThreshold), 0);
}

}  // namespace
}  // namespace overfeat::evaluate
