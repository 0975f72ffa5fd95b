// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/merge_votes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "engine/detect/proposals.h"

namespace overfeat::detect {
namespace {

RawBox raw(RectPx box, float score, std::size_t class_index = 0) {
    return {box, class_index, score, 0, {}};
}

// The paper's merge as it stands there: look at all pairs, merge the best, and again.
std::vector<Detection> mergeLiterally(const std::vector<RawBox>& boxes,
                                      const DetectionOptions& options) {
    struct Item {
        Detection detection;
        bool alive = true;
    };
    std::vector<Item> items;
    for (std::uint32_t i = 0; i < boxes.size(); ++i) {
        Detection one;
        one.box = boxes[i].box;
        one.class_index = boxes[i].class_index;
        one.confidence = boxes[i].score;
        one.voters = {i};
        items.push_back({one});
    }
    for (;;) {
        auto best = static_cast<float>(options.match_threshold);
        std::size_t a = 0;
        std::size_t b = 0;
        for (std::size_t i = 0; i < items.size(); ++i) {
            for (std::size_t j = i + 1; j < items.size(); ++j) {
                if (!items[i].alive || !items[j].alive) continue;
                if (items[i].detection.class_index != items[j].detection.class_index) continue;
                const float score = matchScore(items[i].detection.box, items[j].detection.box);
                if (score < best) {
                    best = score;
                    a = i;
                    b = j;
                }
            }
        }
        if (a == b) break;
        Detection& kept = items[a].detection;
        const Detection& gone = items[b].detection;
        const double share = options.weight_by_confidence
                                 ? static_cast<double>(gone.confidence) /
                                       static_cast<double>(kept.confidence + gone.confidence)
                                 : 0.5;
        const auto mean = [share](double mine, double theirs) {
            return mine + (theirs - mine) * share;
        };
        kept.box = {mean(kept.box.x, gone.box.x), mean(kept.box.y, gone.box.y),
                    mean(kept.box.width, gone.box.width), mean(kept.box.height, gone.box.height)};
        kept.confidence += gone.confidence;
        kept.voters.insert(kept.voters.end(), gone.voters.begin(), gone.voters.end());
        items[b].alive = false;
    }
    std::vector<Detection> found;
    for (Item& item : items)
        if (item.alive) found.push_back(item.detection);
    return found;
}

// Boxes scattered around a few objects of a few classes.
std::vector<RawBox> scattered(unsigned seed, int count) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> place(0, 300);
    std::normal_distribution<double> shift(0, 12);
    std::uniform_int_distribution<int> object(0, 4);
    std::vector<RectPx> objects;
    for (int i = 0; i < 5; ++i)
        objects.push_back({place(random), place(random), 40 + place(random) / 3, 60});
    std::vector<RawBox> boxes;
    for (int i = 0; i < count; ++i) {
        const int chosen = object(random);
        RectPx box = objects[static_cast<std::size_t>(chosen)];
        box.x += shift(random);
        box.y += shift(random);
        box.width = std::max(box.width + shift(random), 2.0);
        box.height = std::max(box.height + shift(random), 2.0);
        // Eighths add up without rounding, whatever the order.
        boxes.push_back(
            raw(box, static_cast<float>(1 + i % 7) / 8, static_cast<std::size_t>(chosen % 2)));
    }
    sortForMerging(boxes);
    return boxes;
}

TEST(MatchScore, IsZeroForEqualBoxesAndAtLeastOneForSeparateOnes) {
    const RectPx box{10, 20, 30, 40};
    EXPECT_EQ(matchScore(box, box), 0);
    EXPECT_GE(matchScore(box, {100, 100, 5, 5}), 1);
}

TEST(MatchScore, HasNoUnits) {
    const RectPx a{0, 0, 30, 40};
    const RectPx b{9, 0, 30, 40};
    // Centres 9 apart, diagonals 50: 0.18; IoU = 21 / 39.
    EXPECT_NEAR(matchScore(a, b), 0.18 + 1 - 21.0 / 39, 1e-6);
    EXPECT_NEAR(matchScore({0, 0, 300, 400}, {90, 0, 300, 400}), matchScore(a, b), 1e-6);
}

TEST(MergeVotes, AddsConfidencesAndWeighsEdgesByThem) {
    std::vector<RawBox> boxes{raw({0, 0, 100, 100}, 0.75F), raw({8, 0, 100, 100}, 0.25F)};
    const auto found = mergeVotes(boxes, {});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_FLOAT_EQ(found[0].confidence, 1.0F);
    EXPECT_NEAR(found[0].box.x, 2, 1e-6);  // a quarter of the way
    EXPECT_EQ(found[0].voters, (std::vector<std::uint32_t>{0, 1}));

    DetectionOptions plain;
    plain.weight_by_confidence = false;
    EXPECT_NEAR(mergeVotes(boxes, plain)[0].box.x, 4, 1e-6);
}

TEST(MergeVotes, KeepsClassesAndDistantBoxesApart) {
    const std::vector<RawBox> boxes{raw({0, 0, 50, 50}, 0.5F, 0), raw({200, 0, 50, 50}, 0.5F, 0),
                                    raw({0, 0, 50, 50}, 0.5F, 1)};
    EXPECT_EQ(mergeVotes(boxes, {}).size(), 3U);
}

TEST(MergeVotes, MergesNothingAtThresholdZero) {
    DetectionOptions none;
    none.match_threshold = 0;
    EXPECT_EQ(mergeVotes(scattered(1, 30), none).size(), 30U);
}

// Boxes of all sizes and shapes, also far outside the picture, some of them equal.
std::vector<RawBox> ofAllSizes(unsigned seed, int count) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> place(-400, 400);
    std::uniform_real_distribution<double> logarithm(-3, 10);
    std::uniform_real_distribution<double> aspect(-2, 2);
    std::vector<RawBox> boxes;
    for (int i = 0; i < count; ++i) {
        const double side = std::exp2(logarithm(random));
        const double shape = std::exp2(aspect(random));
        boxes.push_back(raw({place(random), place(random), side * shape, side / shape},
                            static_cast<float>(1 + i % 7) / 8));
        if (i % 5 == 0) boxes.push_back(boxes.back());
    }
    sortForMerging(boxes);
    return boxes;
}

void expectLiteralMerge(const std::vector<RawBox>& boxes, const DetectionOptions& options) {
    const auto quick = mergeVotes(boxes, options);
    auto literal = mergeLiterally(boxes, options);
    ASSERT_EQ(quick.size(), literal.size());
    for (std::size_t i = 0; i < quick.size(); ++i) {
        EXPECT_EQ(quick[i].class_index, literal[i].class_index);
        EXPECT_NEAR(quick[i].confidence, literal[i].confidence, 1e-5);
        EXPECT_NEAR(quick[i].box.x, literal[i].box.x, 1e-6);
        EXPECT_NEAR(quick[i].box.height, literal[i].box.height, 1e-6);
        auto voters = quick[i].voters;
        std::ranges::sort(voters);
        std::ranges::sort(literal[i].voters);
        EXPECT_EQ(voters, literal[i].voters);
    }
}

TEST(MergeVotes, IsWhatLookingAtAllPairsGives) {
    for (const double threshold : {0.2, 0.6, 1.2, 2.0}) {
        for (unsigned seed = 0; seed < 24; ++seed) {
            SCOPED_TRACE(testing::Message() << threshold << ", seed " << seed);
            DetectionOptions options;
            options.match_threshold = threshold;
            options.weight_by_confidence = seed % 2 == 0;
            expectLiteralMerge(seed < 12 ? scattered(seed, 60) : ofAllSizes(seed, 60), options);
        }
    }
}

// More boxes of a class than a node of the tree has below it (16 * 16).
TEST(MergeVotes, IsWhatLookingAtAllPairsGivesForManyBoxes) {
    expectLiteralMerge(scattered(1, 700), {});
    expectLiteralMerge(ofAllSizes(2, 300), {});
}

TEST(MergeVotes, GivesTheSameOnAnyNumberOfThreads) {
    std::vector<RawBox> boxes;
    for (unsigned class_index = 0; class_index < 9; ++class_index) {
        for (RawBox box : scattered(class_index, 60 * (1 + static_cast<int>(class_index)))) {
            box.class_index = class_index;
            boxes.push_back(box);
        }
    }
    ASSERT_GT(boxes.size(), 2000U) << "fewer are merged on one thread anyway";
    sortForMerging(boxes);
    DetectionOptions options;
    const auto alone = mergeVotes(boxes, options, 1);
    ASSERT_GT(alone.size(), 9U);
    for (const int threads : {2, 5, 0}) {
        const auto together = mergeVotes(boxes, options, threads);
        ASSERT_EQ(together.size(), alone.size());
        for (std::size_t i = 0; i < alone.size(); ++i) {
            EXPECT_EQ(together[i].class_index, alone[i].class_index);
            EXPECT_EQ(together[i].box, alone[i].box);
            EXPECT_EQ(together[i].voters, alone[i].voters);
        }
    }
}

TEST(MergeVotes, SurvivesBoxesThatAreNowhere) {
    constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    std::vector<RawBox> boxes = scattered(1, 100);
    for (const double odd : {kNowhere, kInfinity, -kInfinity, 1e300, -1e300, 0.0, -5.0}) {
        for (const RectPx& box :
             {RectPx{odd, 5, 20, 20}, RectPx{5, odd, 20, 20}, RectPx{5, 5, odd, 20},
              RectPx{5, 5, 20, odd}, RectPx{odd, odd, odd, odd}})
            boxes.push_back(raw(box, 0.5F));
    }
    std::ranges::stable_sort(boxes, {}, &RawBox::class_index);
    std::size_t voters = 0;
    for (const Detection& found : mergeVotes(boxes, {}))
        voters += found.votes();
    EXPECT_EQ(voters, boxes.size());
}

TEST(MergeVotes, ConfidenceIsTheSumOfTheVotersScores) {
    const auto boxes = scattered(3, 400);
    std::size_t voters = 0;
    for (const Detection& found : mergeVotes(boxes, {})) {
        float sum = 0;
        for (const std::uint32_t voter : found.voters) {
            sum += boxes[voter].score;
            EXPECT_EQ(boxes[voter].class_index, found.class_index);
        }
        EXPECT_FLOAT_EQ(found.confidence, sum);
        voters += found.votes();
    }
    EXPECT_EQ(voters, boxes.size());  // nobody lost, nobody twice
}

TEST(MergeVotes, DoesNotDependOnTheOrderOfTheBoxes) {
    auto boxes = scattered(5, 200);
    const auto expected = mergeVotes(boxes, {});
    std::mt19937 random(7);
    for (int i = 0; i < 5; ++i) {
        std::ranges::shuffle(boxes, random);
        sortForMerging(boxes);
        const auto found = mergeVotes(boxes, {});
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t k = 0; k < found.size(); ++k) {
            EXPECT_EQ(found[k].box, expected[k].box);
            EXPECT_EQ(found[k].voters, expected[k].voters);
        }
    }
}

}  // namespace
}  // namespace overfeat::detect
