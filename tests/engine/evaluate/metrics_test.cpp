// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/metrics.h"

#include <gtest/gtest.h>

#include <vector>

namespace overfeat::evaluate {
namespace {

LabelSet eightClasses(std::optional<std::size_t> background = std::nullopt) {
    return {std::vector<ClassLabel>(8), background};
}

const std::vector<float> kFalling{0.3F, 0.2F, 0.15F, 0.1F, 0.09F, 0.08F, 0.05F, 0.03F};

TEST(Metrics, RankCountsBetterAnswers) {
    const LabelSet labels = eightClasses();
    EXPECT_EQ(rankOf(kFalling, labels, 0), 0U);
    EXPECT_EQ(rankOf(kFalling, labels, 7), 7U);
}

TEST(Metrics, BackgroundIsNoAnswer) {
    EXPECT_EQ(rankOf(kFalling, eightClasses(0), 1), 0U);
    EXPECT_EQ(rankOf(kFalling, eightClasses(7), 1), 1U);
}

TEST(Metrics, EqualScoresCountInOrderOfTheirIndex) {
    const std::vector<float> equal(8, 0.125F);
    EXPECT_EQ(rankOf(equal, eightClasses(), 0), 0U);
    EXPECT_EQ(rankOf(equal, eightClasses(), 5), 5U);
}

TEST(Metrics, ClassificationErrors) {
    ClassificationTally tally;
    const LabelSet labels = eightClasses();
    EXPECT_EQ(tally.top1Error(), 0);
    tally.add(kFalling, labels, 0);
    tally.add(kFalling, labels, 4);  // fifth best
    tally.add(kFalling, labels, 5);  // sixth best
    tally.add(kFalling, labels, 7);
    EXPECT_EQ(tally.pictures(), 4);
    EXPECT_DOUBLE_EQ(tally.top1Error(), 0.75);
    EXPECT_DOUBLE_EQ(tally.top5Error(), 0.5);
}

TEST(Metrics, ALocalisationNeedsTheClassAndTheBox) {
    LocalisationTally tally;
    const LabelSet labels = eightClasses();
    const RectPx box{0, 0, 10, 10};
    const RectPx half{0, 0, 10, 5};    // IoU exactly 0.5: good
    const RectPx third{5, 0, 10, 10};  // IoU 1/3: not good
    tally.add(kFalling, labels, 0, box, box);
    tally.add(kFalling, labels, 0, box, half);
    tally.add(kFalling, labels, 0, box, third);
    tally.add(kFalling, labels, 4, box, box);
    tally.add(kFalling, labels, 6, box, box);
    EXPECT_EQ(tally.pictures(), 5);
    EXPECT_DOUBLE_EQ(tally.top1Error(), 0.6);
    EXPECT_DOUBLE_EQ(tally.top5Error(), 0.4);
    EXPECT_DOUBLE_EQ(tally.goodBoxShare(), 0.8);
    EXPECT_NEAR(tally.meanOverlap(), (3 + 0.5 + 1.0 / 3) / 5, 1e-12);
}

TEST(Metrics, AnObjectInAnEmptyPictureIsAMistake) {
    BackgroundTally tally;
    const LabelSet labels = eightClasses(7);
    EXPECT_EQ(tally.shownShare(), 0);
    tally.add(std::vector<float>{0.3F, 0, 0, 0, 0, 0, 0, 0.7F}, labels);   // background, but shown
    tally.add(std::vector<float>{0.29F, 0, 0, 0, 0, 0, 0, 0.2F}, labels);  // an object, not shown
    tally.add(std::vector<float>{0.1F, 0.1F, 0, 0, 0, 0, 0, 0.8F}, labels);
    tally.add(std::vector<float>{0, 0, 0, 0, 0, 0, 0.9F, 0.1F}, labels);  // both
    EXPECT_EQ(tally.pictures(), 4);
    EXPECT_DOUBLE_EQ(tally.calledObjectShare(), 0.5);
    EXPECT_DOUBLE_EQ(tally.shownShare(), 0.5);
    // Without a background class every picture is called an object.
    BackgroundTally all;
    all.add(kFalling, eightClasses());
    EXPECT_DOUBLE_EQ(all.calledObjectShare(), 1);
}

}  // namespace
}  // namespace overfeat::evaluate
