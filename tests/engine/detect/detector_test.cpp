// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "engine/core/error.h"
#include "engine/detect/recogniser.h"
#include "tests/engine/detect/pictures.h"
#include "tests/support/tiny_model.h"

namespace overfeat::detect {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// One scale of three windows of 64 px in a row, 16 px apart; classes "cat", "dog" and background.
Recognition rowOfThree(std::vector<float> probabilities, std::vector<RectPx> boxes) {
    Recognition seen;
    seen.frame_size = {96, 64};
    seen.labels = std::make_shared<LabelSet>(
        std::vector<ClassLabel>{{"", "cat"}, {"", "dog"}, {"", "background"}}, 2);
    std::vector<std::size_t> classes;  // none for boxes that all classes share
    if (boxes.size() == 9) classes = {0, 1, 2};
    seen.scales.emplace_back(SizePx{3, 1}, 3, RectPx{0, 0, 64, 64}, 16, 16,
                             std::move(probabilities),
                             WindowBoxes{std::move(boxes), std::move(classes)});
    return seen;
}

const std::vector<RectPx> kSameBox(3, RectPx{20, 10, 40, 40});

DetectionOptions showingEverything() {
    DetectionOptions options;
    options.score_threshold = 0;
    return options;
}

TEST(Detector, AccumulatesWhatWindowsSayOfTheSameObject) {
    const auto found =
        detectObjects(rowOfThree({0.5F, 0.75F, 0.25F, 0, 0, 0, 0.5F, 0.25F, 0.75F}, kSameBox),
                      showingEverything());
    ASSERT_EQ(found.objects.size(), 1U);
    EXPECT_FLOAT_EQ(found.objects[0].confidence, 1.5F);
    EXPECT_EQ(found.objects[0].votes(), 3U);
    EXPECT_EQ(found.objects[0].class_index, 0U);
    // The ballot: strongest first, and it says where each window was.
    EXPECT_EQ(found.raw[found.objects[0].voters[0]].cell, (CellIndex{0, 1}));
}

TEST(Detector, NeverFindsBackground) {
    const auto found =
        detectObjects(rowOfThree({0, 0, 0, 0, 0, 0, 1, 1, 1}, kSameBox), showingEverything());
    EXPECT_TRUE(found.raw.empty());
    EXPECT_TRUE(found.objects.empty());
}

TEST(Detector, KeepsTheStrongestOfAClassAtOnePlaceAndLeavesOtherClassesAlone) {
    // The first window sees an object, the others agree on a part of it.
    const std::vector<RectPx> nested{{0, 0, 60, 60}, {10, 10, 20, 20}, {10, 10, 20, 20}};
    const Recognition seen = rowOfThree({0.9F, 0.25F, 0.25F, 0, 0.5F, 0.25F, 0, 0, 0}, nested);
    DetectionOptions options = showingEverything();
    options.same_place_share = 0.7;
    const auto found = detectObjects(seen, options).objects;
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].class_index, 0U);
    EXPECT_EQ(found[0].votes(), 1U);
    EXPECT_EQ(found[1].class_index, 1U);
    options.same_place_share = options.duplicate_share = options.alternative_overlap = 1;
    EXPECT_EQ(detectObjects(seen, options).objects.size(), 3U);
}

// A cat that the network also takes for a dog is one object with two names.
TEST(Detector, OtherClassesAtOnePlaceAreAlternativesOfOneObject) {
    const std::vector<RectPx> boxes{{20, 10, 40, 40}, {22, 10, 40, 40}, {20, 12, 40, 40}};
    const Recognition seen =
        rowOfThree({0.6F, 0.6F, 0.5F, 0.3F, 0.3F, 0.3F, 0.1F, 0.1F, 0.2F}, boxes);
    DetectionOptions options = showingEverything();
    const auto grouped = detectObjects(seen, options);
    ASSERT_EQ(grouped.objects.size(), 1U);
    const Detection& cat = grouped.objects[0];
    EXPECT_EQ(cat.class_index, 0U) << "the best class first";
    ASSERT_EQ(cat.alternatives.size(), 1U);
    EXPECT_EQ(cat.alternatives[0].class_index, 1U);
    EXPECT_EQ(cat.alternatives[0].votes(), 3U) << "with its own ballot";
    EXPECT_LT(cat.alternatives[0].score, cat.score);
    options.alternative_overlap = 1;
    const auto apart = detectObjects(seen, options).objects;
    ASSERT_EQ(apart.size(), 2U);
    EXPECT_EQ(apart[1].confidence, cat.alternatives[0].confidence) << "no answer is lost";
}

// What overlaps little is another object: a dog on a sofa, two bottles side by side.
TEST(Detector, NeighboursStayObjectsOfTheirOwn) {
    const std::vector<RectPx> side_by_side{{0, 10, 30, 40}, {50, 10, 30, 40}, {0, 10, 30, 40}};
    EXPECT_EQ(detectObjects(rowOfThree({0.6F, 0.6F, 0, 0, 0, 0, 0.4F, 0.4F, 1}, side_by_side),
                            showingEverything())
                  .objects.size(),
              2U);
    const std::vector<RectPx> inside{{0, 0, 90, 60}, {30, 20, 20, 20}, {0, 0, 90, 60}};
    EXPECT_EQ(detectObjects(rowOfThree({0.6F, 0, 0, 0, 0.6F, 0, 0.4F, 0.4F, 1}, inside),
                            showingEverything())
                  .objects.size(),
              2U);
}

// Two halves of a bunch, each with windows of its own that agree on it.
TEST(Detector, BoxesOfAClassThatShareALargePartAreOneObject) {
    const std::vector<RectPx> halves{{0, 0, 40, 40}, {20, 0, 40, 40}, {0, 0, 40, 40}};
    const Recognition seen = rowOfThree({0.6F, 0.5F, 0, 0, 0, 0, 0.4F, 0.5F, 1}, halves);
    DetectionOptions options = showingEverything();
    options.match_threshold = 0.1;
    const auto found = detectObjects(seen, options).objects;
    ASSERT_EQ(found.size(), 1U);
    ASSERT_EQ(found[0].alternatives.size(), 1U);
    EXPECT_EQ(found[0].alternatives[0].class_index, found[0].class_index);
    options.duplicate_share = 0.6;
    EXPECT_EQ(detectObjects(seen, options).objects.size(), 2U);
}

// Windows at the edge of an object know what it is; where it ends the surest know best.
TEST(Detector, TheSurestVotersPlaceTheBox) {
    const std::vector<RectPx> boxes{{20, 10, 40, 40}, {24, 10, 40, 40}, {60, 10, 30, 40}};
    // The third is another place; the first is sixteen times as sure as the second.
    const Recognition seen = rowOfThree({0.8F, 0.05F, 0.2F, 0, 0, 0, 0.2F, 0.95F, 0.8F}, boxes);
    DetectionOptions options = showingEverything();
    options.window_threshold = 0.01F;
    options.box_sharpness = 0;
    const auto merged = detectObjects(seen, options).objects;
    ASSERT_EQ(merged.size(), 2U);
    EXPECT_NEAR(merged[0].box.x, (0.8 * 20 + 0.05 * 24) / 0.85, 1e-4) << "as merged";
    options.box_sharpness = 2;
    const auto settled = detectObjects(seen, options).objects;
    ASSERT_EQ(settled.size(), 2U);
    EXPECT_NEAR(settled[0].box.x, (256.0 * 20 + 24) / 257, 1e-4);
    EXPECT_EQ(settled[0].voters, merged[0].voters);
    EXPECT_EQ(settled[0].confidence, merged[0].confidence);
    EXPECT_EQ(settled[1].box, boxes[2]) << "alone";
}

TEST(Detector, AVoterThatIsElsewhereDoesNotPlaceTheBox) {
    const std::vector<RectPx> boxes{{20, 10, 40, 40}, {20, 10, 40, 40}, {24, 4, 20, 20}};
    const Recognition seen = rowOfThree({0.5F, 0.5F, 0.5F, 0, 0, 0, 0, 0, 0}, boxes);
    DetectionOptions options = showingEverything();
    options.match_threshold = 2;
    options.box_sharpness = 1;
    const auto found = detectObjects(seen, options).objects;
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].votes(), 3U);
    EXPECT_EQ(found[0].box, boxes[0]);
}

// More scales over the same range see the same object more often; that makes it no surer.
// An object that every one of these windows sees.
Detection seenAt(const std::vector<SizePx>& windows) {
    Recognition seen = rowOfThree({0.5F, 0, 0, 0, 0, 0, 0.5F, 1, 1}, kSameBox);
    seen.scales.clear();
    for (const SizePx& window : windows) {
        const RectPx first{0, 0, static_cast<double>(window.width),
                           static_cast<double>(window.height)};
        seen.scales.emplace_back(SizePx{3, 1}, 3, first, 16, 16,
                                 std::vector<float>{0.5F, 0, 0, 0, 0, 0, 0.5F, 1, 1},
                                 WindowBoxes{kSameBox, {}});
    }
    const auto found = detectObjects(seen, showingEverything()).objects;
    EXPECT_EQ(found.size(), 1U);
    return found.at(0);
}

std::vector<SizePx> squares(int scales, double range) {
    std::vector<SizePx> windows;
    for (int i = 0; i < scales; ++i) {
        const int side = static_cast<int>(std::lround(6400 * std::pow(range, i / (scales - 1.0))));
        windows.push_back({side, side});
    }
    return windows;
}

TEST(Detector, MoreScalesInTheSameRangeDoNotRaiseTheScore) {
    const Detection four = seenAt(squares(4, 3.5));
    const Detection seven = seenAt(squares(7, 3.5));
    // Twice as close together, seven scales have 7/4 as many votes.
    EXPECT_NEAR(seven.confidence, 1.75F * four.confidence, 1e-4);
    EXPECT_NEAR(seven.score, four.score, 1e-4);
    // Over a wider range they are as far apart as usual.
    const Detection wide = seenAt(squares(7, 3.5 * 3.5));
    EXPECT_FLOAT_EQ(wide.confidence, seven.confidence);
    EXPECT_GT(wide.score, seven.score);
}

// Small pictures have their scales close together, but they are not more. Single ones can be nearly
// alike, because their sides are rounded to whole strides.
TEST(Detector, ScalesOfASmallPictureCountLikeOthers) {
    const float usual = seenAt(squares(4, 3.5)).score;
    EXPECT_FLOAT_EQ(seenAt(squares(4, 1.2)).score, usual);
    EXPECT_FLOAT_EQ(seenAt({{64, 64}, {64, 80}, {96, 96}, {224, 224}}).score, usual);
    EXPECT_LT(seenAt(squares(3, 3.5)).score, usual) << "fewer have fewer votes";
}

TEST(Detector, TheScoreDoesNotDependOnThePicturesOrientation) {
    std::vector<SizePx> wide;
    std::vector<SizePx> high;
    for (const SizePx& square : squares(6, 3.5)) {
        // Rounded differently along the two sides.
        wide.push_back({square.width + square.width % 7, square.height / 2});
        high.push_back({wide.back().height, wide.back().width});
    }
    EXPECT_FLOAT_EQ(seenAt(wide).score, seenAt(high).score);
}

TEST(Detector, ASuppressionsSurvivorNeedsNoVotes) {
    DetectionOptions options = showingEverything();
    options.merge = Merge::kNms;
    options.min_votes = 2;
    const Recognition seen = rowOfThree({0.5F, 0.6F, 0.4F, 0, 0, 0, 0, 0, 0}, kSameBox);
    EXPECT_EQ(detectObjects(seen, options).objects.size(), 1U);
}

TEST(Detector, DropsBoxesThatAreNone) {
    const auto found = detectObjects(rowOfThree({0.9F, 0.9F, 0.9F, 0, 0, 0, 0, 0, 0},
                                                {{kNan, 0, 10, 10}, {5, 5, -4, 8}, {5, 5, 0, 8}}),
                                     showingEverything());
    EXPECT_TRUE(found.raw.empty());
}

TEST(Detector, DropsScoresThatAreNoNumbers) {
    const auto nan = std::numeric_limits<float>::quiet_NaN();
    const auto found = detectObjects(rowOfThree({nan, 0.5F, nan, nan, nan, nan, 0, 0, 0}, kSameBox),
                                     showingEverything());
    for (const RawBox& raw : found.raw)
        EXPECT_EQ(raw.score, 0.5F);
}

TEST(Detector, ClipsBoxesToTheFrameAndDropsThoseOutside) {
    const auto found =
        detectObjects(rowOfThree({0.9F, 0.9F, 0, 0, 0, 0, 0, 0, 0},
                                 {{-20, -20, 60, 60}, {500, 500, 20, 20}, {0, 0, 1, 1}}),
                      showingEverything());
    ASSERT_EQ(found.objects.size(), 1U);
    EXPECT_EQ(found.objects[0].box, (RectPx{0, 0, 40, 40}));
}

TEST(Detector, HasNothingToSayWithoutBoxes) {
    const auto found =
        detectObjects(rowOfThree({1, 1, 1, 0, 0, 0, 0, 0, 0}, {}), showingEverything());
    EXPECT_TRUE(found.raw.empty());
    EXPECT_TRUE(detectObjects(Recognition{}, {}).objects.empty());
}

TEST(Detector, UsesTheBoxesOfTheClassWhereEveryClassHasItsOwn) {
    std::vector<RectPx> boxes(9, RectPx{0, 0, 10, 10});
    boxes[3] = boxes[4] = boxes[5] = {50, 20, 30, 30};  // dogs'
    const auto found =
        detectObjects(rowOfThree({0, 0, 0, 0.5F, 0.5F, 0.5F, 0, 0, 0}, boxes), showingEverything());
    ASSERT_EQ(found.objects.size(), 1U);
    EXPECT_EQ(found.objects[0].box, (RectPx{50, 20, 30, 30}));
}

TEST(Detector, ThresholdsVotesAndCountDecideWhatIsShown) {
    const Recognition seen = rowOfThree({0.5F, 0.5F, 0.5F, 0, 0, 0, 0, 0, 0},
                                        {{0, 0, 20, 20}, {40, 0, 20, 20}, {70, 40, 20, 20}});
    EXPECT_EQ(detectObjects(seen, showingEverything()).objects.size(), 3U);
    DetectionOptions options = showingEverything();
    options.max_objects = 2;
    EXPECT_EQ(detectObjects(seen, options).objects.size(), 2U);
    options.min_votes = 2;
    EXPECT_TRUE(detectObjects(seen, options).objects.empty());
    options = showingEverything();
    options.class_thresholds[seen.labels->idOf(0)] = 1.0F;
    EXPECT_TRUE(detectObjects(seen, options).objects.empty());
    options = showingEverything();
    options.max_raw_boxes = 1;
    EXPECT_EQ(detectObjects(seen, options).raw.size(), 1U);
}

// A fine stride on a large picture proposes ten thousands. What is kept of them is bounded without
// anybody's wish, and is the best.
TEST(Detector, OfVeryManyRawBoxesTheBestAreKept) {
    constexpr std::size_t kCells = 120 * 100;
    std::vector<float> scores(kCells);
    for (std::size_t i = 0; i < kCells; ++i)  // each another one, in no order
        scores[i] = 0.1F + 0.8F * static_cast<float>(i * 7919 % kCells) / kCells;
    Recognition seen;
    seen.frame_size = {1280, 720};
    seen.labels = std::make_shared<LabelSet>(LabelSet::numbered(1));
    seen.scales.emplace_back(SizePx{120, 100}, 1, RectPx{0, 0, 64, 64}, 8, 6, scores,
                             WindowBoxes{std::vector<RectPx>(kCells, RectPx{0, 0, 40, 40}), {}});
    DetectionOptions options;
    options.merge = Merge::kNms;
    const std::vector<RawBox> raw = detectObjects(seen, options).raw;
    EXPECT_EQ(options.max_raw_boxes, 5000);
    ASSERT_EQ(raw.size(), 5000U);
    std::ranges::sort(scores, std::greater());
    EXPECT_EQ(std::ranges::min(raw, {}, &RawBox::score).score, scores[4999]);
}

TEST(Detector, ScoreGrowsWithConfidence) {
    const auto few =
        detectObjects(rowOfThree({0.5F, 0, 0, 0, 0, 0, 0, 0, 0}, kSameBox), showingEverything());
    const auto many = detectObjects(rowOfThree({0.5F, 0.5F, 0.5F, 0, 0, 0, 0, 0, 0}, kSameBox),
                                    showingEverything());
    EXPECT_GT(many.objects[0].score, few.objects[0].score);
    EXPECT_LE(many.objects[0].score, 1);
}

TEST(Detector, NmsKeepsTheBestOfOverlappingBoxes) {
    DetectionOptions options = showingEverything();
    options.merge = Merge::kNms;
    const auto found = detectObjects(rowOfThree({0.5F, 0.75F, 0.25F, 0, 0, 0, 0, 0, 0},
                                                {{0, 0, 40, 40}, {4, 0, 40, 40}, {50, 0, 40, 40}}),
                                     options);
    ASSERT_EQ(found.objects.size(), 2U);
    EXPECT_EQ(found.objects[0].confidence, 0.75F);
    EXPECT_EQ(found.objects[0].votes(), 1U);
    EXPECT_EQ(found.objects[1].confidence, 0.25F);
}

TEST(Detector, SoftNmsDecaysOverlappingBoxesInstead) {
    DetectionOptions options = showingEverything();
    options.merge = Merge::kSoftNms;
    const auto found =
        detectObjects(rowOfThree({0.5F, 0.75F, 0, 0, 0, 0, 0, 0, 0}, kSameBox), options);
    ASSERT_EQ(found.objects.size(), 2U);
    EXPECT_EQ(found.objects[0].confidence, 0.75F);
    // Equal boxes: IoU 1, so exp(-1 / 0.5) of 0.5.
    EXPECT_NEAR(found.objects[1].confidence, 0.5 * std::exp(-2.0), 1e-6);
}

TEST(Detector, RefusesImpossibleOptions) {
    const auto refused = [](auto change) {
        DetectionOptions options;
        change(options);
        EXPECT_THROW(detectObjects(Recognition{}, options), Error);
    };
    refused([](auto& o) { o.window_threshold = 2; });
    refused([](auto& o) { o.match_threshold = -1; });
    refused([](auto& o) { o.box_sharpness = -1; });
    refused([](auto& o) { o.box_sharpness = kNan; });
    refused([](auto& o) { o.nms_overlap = kNan; });
    refused([](auto& o) { o.soft_nms_sigma = 0; });
    refused([](auto& o) { o.min_votes = 0; });
    refused([](auto& o) { o.max_objects = 0; });
    refused([](auto& o) { o.classes_per_scale = 0; });
    refused([](auto& o) { o.max_raw_boxes = 0; });
    refused([](auto& o) { o.same_place_share = -0.1; });
    refused([](auto& o) { o.duplicate_share = 1.1; });
    refused([](auto& o) { o.alternative_overlap = kNan; });
    refused([](auto& o) { o.class_thresholds[ClassId{}] = 7; });
}

// A network whose box output is the whole window: what it finds in a red square must lie there.
TEST(Detector, FindsARedSquareThroughTheWholePipeline) {
    test::TinyModel tiny(8);
    const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
    const auto scores = tiny.gemm(mean, 3, {12, -12, -12, -12, 12, -12, -12, -12, 12}, {0, 0, 0});
    const auto boxes = tiny.gemm(mean, 4, std::vector<float>(12), {0, 0, 1, 1});
    tiny.model().labels = std::make_shared<LabelSet>(
        std::vector<ClassLabel>{{"", "red"}, {"", "green"}, {"", "blue"}}, 2);
    Look options;
    options.scale_count = 1;
    options.smallest_side_windows = options.largest_side_windows = 4;
    options.detection = showingEverything();
    Recogniser recogniser({tiny.finish(scores, boxes)}, {.device = "reference"});
    // 32x32 px, blue (the background class) but for an 8x8 square.
    const auto picture = test::painted({32, 32}, [](int x, int y) {
        const bool inside = x >= 16 && x < 24 && y >= 8 && y < 16;
        return inside ? test::Rgb{255, 0, 0} : test::Rgb{0, 0, 255};
    });
    const Recognition seen = recogniser.recognise(picture, options);
    ASSERT_FALSE(seen.detections.objects.empty());
    const Detection& found = seen.detections.objects[0];
    EXPECT_EQ((*seen.labels)[found.class_index].label, "red");
    EXPECT_GT(intersectionOverUnion(found.box, {16, 8, 8, 8}), 0.5);
    EXPECT_GT(found.votes(), 5U);
}

}  // namespace
}  // namespace overfeat::detect
