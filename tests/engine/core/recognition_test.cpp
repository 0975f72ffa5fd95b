// SPDX-License-Identifier: Apache-2.0
#include "engine/core/recognition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace overfeat {
namespace {

const LabelSet kLabels({{"", "cat"}, {"", "dog"}, {"", "nothing"}, {"", "cup"}}, 2);

TEST(TopClasses, LeavesOutTheBackgroundAndOrdersTiesByIndex) {
    const std::vector<float> scores{0.1F, 0.2F, 0.6F, 0.1F};
    const auto best = topClasses(scores, kLabels, 2);
    ASSERT_EQ(best.size(), 2U);
    EXPECT_EQ(best[0].index, 1U);
    EXPECT_EQ(best[1].index, 0U);
}

TEST(TopClasses, GivesNoMoreThanThereAre) {
    const std::vector<float> scores{0.1F, 0.2F, 0.6F, 0.1F};
    EXPECT_EQ(topClasses(scores, kLabels, 99).size(), 3U);
}

TEST(ScoreSmoother, ReachesOneMinusOneOverEAfterItsTimeConstant) {
    for (const int steps : {1, 10, 100}) {  // whatever the frame rate
        ScoreSmoother smoother(0.5);
        smoother.add(std::vector<float>{0}, 0);
        float value = 0;
        for (int i = 0; i < steps; ++i)
            value = smoother.add(std::vector<float>{1}, 0.5 / steps)[0];
        EXPECT_NEAR(value, 1 - std::exp(-1.0), 1e-4) << steps;
    }
}

TEST(ScoreSmoother, StartsAnewWithAnotherNumberOfClasses) {
    ScoreSmoother smoother;
    smoother.add(std::vector<float>{0, 0}, 0);
    EXPECT_EQ(smoother.add(std::vector<float>{1, 1, 1}, 0.001)[2], 1);
}

}  // namespace
}  // namespace overfeat
