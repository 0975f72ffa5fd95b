// SPDX-License-Identifier: Apache-2.0
#include "ui/ranked_scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "tests/ui/synthetic.h"

namespace overfeat::ui {
namespace {

std::vector<std::size_t> order(const RankedScores& ranking) {
    std::vector<std::size_t> indices;
    for (const ScoredClass& row : ranking.rows())
        indices.push_back(row.index);
    return indices;
}

class Ranking : public ::testing::Test {
protected:
    void add(std::vector<float> scores, double elapsed_s = 0.1) {
        ranking_.add(scores, labels_, elapsed_s);
    }
    std::shared_ptr<const LabelSet> labels_ = test::syntheticLabels(6);
    RankedScores ranking_{3};
};

TEST_F(Ranking, BestFirst) {
    add({0.1F, 0.5F, 0.2F, 0.05F, 0.1F, 0.05F});
    EXPECT_EQ(order(ranking_), (std::vector<std::size_t>{1, 2, 0}));
}

TEST_F(Ranking, NoiseMovesNothing) {
    add({0.30F, 0.32F, 0.28F, 0.1F, 0, 0});
    const auto before = order(ranking_);
    for (int i = 0; i < 40; ++i) {
        const float noise = i % 2 == 0 ? 0.03F : -0.03F;
        add({0.30F + noise, 0.32F - noise, 0.28F, 0.1F, 0, 0}, 0.05);
        EXPECT_EQ(order(ranking_), before) << "result " << i;
    }
}

TEST_F(Ranking, AClearChangeShowsWithinASecond) {
    add({0.7F, 0.2F, 0.1F, 0, 0, 0});
    for (int i = 0; i < 10; ++i)
        add({0, 0.1F, 0.1F, 0, 0.8F, 0});
    EXPECT_EQ(order(ranking_).front(), 4U);
}

TEST_F(Ranking, SlightlyBetterWinsInTheEnd) {
    add({0.40F, 0.41F, 0.1F, 0, 0, 0});
    EXPECT_EQ(order(ranking_)[0], 1U);
    for (int i = 0; i < 5; ++i)
        add({0.43F, 0.41F, 0.1F, 0, 0, 0});
    EXPECT_EQ(order(ranking_)[0], 1U) << "half a second is not yet enough";
    for (int i = 0; i < 10; ++i)
        add({0.43F, 0.41F, 0.1F, 0, 0, 0});
    EXPECT_EQ(order(ranking_)[0], 0U);
}

TEST_F(Ranking, StaysSortedWhenTheWorldRestsAndNeverListsAClassTwice) {
    for (int i = 0; i < 60; ++i) {
        add({0.1F * static_cast<float>(i % 3), 0.2F, 0.15F, 0.1F * static_cast<float>(i % 2), 0.1F,
             0.05F});
        auto listed = order(ranking_);
        std::ranges::sort(listed);
        EXPECT_EQ(std::ranges::adjacent_find(listed), listed.end());
    }
    for (int i = 0; i < 60; ++i)
        add({0.05F, 0.10F, 0.15F, 0.20F, 0.25F, 0.30F});
    EXPECT_EQ(order(ranking_), (std::vector<std::size_t>{5, 4, 3}));
}

TEST_F(Ranking, RawFollowsEveryResult) {
    ranking_.setSmooth(false);
    add({0.40F, 0.41F, 0, 0, 0, 0});
    EXPECT_EQ(order(ranking_)[0], 1U);
    add({0.42F, 0.41F, 0, 0, 0, 0});
    EXPECT_EQ(order(ranking_)[0], 0U);
    EXPECT_EQ(ranking_.rows()[0].score, 0.42F);
}

TEST_F(Ranking, RemembersALimitedHistory) {
    ranking_.setSmooth(false);
    for (std::size_t i = 0; i < RankedScores::kHistory + 10; ++i) {
        add({0.001F * static_cast<float>(i), 0, 0, 0, 0, 0});
    }
    const auto history = ranking_.history(0);
    ASSERT_EQ(history.size(), RankedScores::kHistory);
    EXPECT_FLOAT_EQ(history.front(), 0.010F);
    EXPECT_FLOAT_EQ(history.back(), 0.001F * static_cast<float>(RankedScores::kHistory + 9));
}

TEST_F(Ranking, AnotherNetworkStartsAnew) {
    add({0.4F, 0.3F, 0.2F, 0.1F, 0, 0});
    labels_ = test::syntheticLabels(2);
    add({0.2F, 0.8F});
    EXPECT_EQ(order(ranking_), (std::vector<std::size_t>{1, 0}));
    EXPECT_EQ(ranking_.history(1).size(), 1U);
}

}  // namespace
}  // namespace overfeat::ui
