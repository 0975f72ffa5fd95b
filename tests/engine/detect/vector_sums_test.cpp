// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/vector_sums.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/core/taught_classes.h"

namespace overfeat::detect {
namespace {

// A score becomes a similarity again for people (similarityOfScore), so its share counts and not
// only its difference.
TEST(VectorSums, LogisticsAreScores) {
    std::vector<float> margins;
    for (float margin = -2; margin <= 1; margin += 0.0037F)
        margins.push_back(margin);
    std::vector<float> scores(margins.size());
    logisticsOf(margins, static_cast<float>(1 / kScoreSteepness), scores);
    for (std::size_t i = 0; i < margins.size(); ++i) {
        const float wanted = scoreOfSimilarity(margins[i], 0);
        EXPECT_NEAR(scores[i] / wanted, 1, 2e-5) << margins[i];
    }
}

TEST(VectorSums, LogisticsOfWhatIsFarAwayAreNothingAndOne) {
    const std::vector<float> values{-1e30F, -500, 500, 1e30F};
    std::vector<float> scores(values.size());
    logisticsOf(values, 1, scores);
    EXPECT_NEAR(scores[0], 0, 1e-25);
    EXPECT_NEAR(scores[1], 0, 1e-25);
    EXPECT_EQ(scores[2], 1);
    EXPECT_EQ(scores[3], 1);
}

TEST(VectorSums, NothingHasNoLength) {
    std::vector<float> values{0, 0, 0};
    makeUnit(values);
    EXPECT_EQ(values, (std::vector<float>{0, 0, 0}));
    values = {3, 0, 4};
    makeUnit(values);
    EXPECT_FLOAT_EQ(values[0], 0.6F);
    EXPECT_FLOAT_EQ(values[2], 0.8F);
}

}  // namespace
}  // namespace overfeat::detect
