// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/detection_metrics.h"

#include <gtest/gtest.h>

namespace overfeat::evaluate {
namespace {

// A box of height 10 that overlaps {0, 0, 10, 10} with an IoU of width / 10.
RectPx narrow(double width) {
    return {0, 0, width, 10};
}

Detection found(float score, RectPx box, std::size_t class_index = 0) {
    Detection one;
    one.box = box;
    one.class_index = class_index;
    one.confidence = 2 * score;
    one.score = score;
    return one;
}

TruthBox wanted(RectPx box, std::size_t class_index = 0) {
    return {.class_index = class_index, .box = box};
}

const RectPx kHere{0, 0, 10, 10};
const RectPx kThere{100, 0, 10, 10};
const RectPx kElsewhere{200, 0, 10, 10};

TEST(DetectionMetrics, NothingFoundIsNothing) {
    DetectionTally tally(1);
    tally.add(std::vector{wanted(kHere)}, {});
    const auto scores = tally.scores();
    EXPECT_EQ(scores.ap50, 0);
    EXPECT_EQ(scores.voc11, 0);
    EXPECT_FALSE(scores.auroc.has_value());
}

// Two objects; in order of the score right, wrong, right. Recall 1/2, 1/2, 1; precision 1, 1/2,
// 2/3, so at least 1 up to recall 0.5 and 2/3 beyond.
// COCO: recall 0 ... 0.50 are 51 points with 1, the other 50 have 2/3.
// VOC 2007: 0 ... 0.5 are 6 points with 1, the other 5 have 2/3. VOC 2010: (1 + 2/3) / 2.
TEST(DetectionMetrics, TheThreeAveragePrecisions) {
    DetectionTally tally(1);
    tally.add(std::vector{wanted(kHere), wanted(kThere)},
              std::vector{found(0.7F, kThere), found(0.9F, kHere), found(0.8F, kElsewhere)});
    const auto scores = tally.scores();
    EXPECT_NEAR(scores.ap50, (51 + 50 * 2.0 / 3) / 101, 1e-12);
    EXPECT_NEAR(scores.ap50_95, (51 + 50 * 2.0 / 3) / 101, 1e-12);
    EXPECT_NEAR(scores.voc11, (6 + 5 * 2.0 / 3) / 11, 1e-12);
    EXPECT_NEAR(scores.voc_all, (1 + 2.0 / 3) / 2, 1e-12);
    EXPECT_NEAR(scores.precision_at_recall[50], 1, 1e-12);
    EXPECT_NEAR(scores.precision_at_recall[51], 2.0 / 3, 1e-12);
}

// Ten objects; in order of the score seven right, one wrong, three right. Recall 7/10 with
// precision 1, then 8/10, 9/10, 10/10 with 8/9, 9/10, 10/11, so 10/11 from the eighth object on.
// COCO's recall points are multiples of 0.01 as numpy.linspace makes them: 70 * 0.01 is the next
// number above 7/10, so seven objects do not reach it. The 70 points 0 ... 0.69 have 1, the other
// 31 have 10/11. (70 / 100 would be 7/10 itself, and 71 points had 1.)
TEST(DetectionMetrics, RecallPointsAreThoseOfPycocotoolsToTheLastBit) {
    DetectionTally tally(1);
    std::vector<TruthBox> truth;
    std::vector<Detection> objects;
    for (int i = 0; i < 10; ++i)
        truth.push_back(wanted({20.0 * i, 0, 10, 10}));
    for (int i = 0; i < 7; ++i)
        objects.push_back(found(0.9F, truth[static_cast<std::size_t>(i)].box));
    objects.push_back(found(0.8F, {0, 100, 10, 10}));
    for (int i = 7; i < 10; ++i)
        objects.push_back(found(0.7F, truth[static_cast<std::size_t>(i)].box));
    tally.add(truth, objects);
    const auto scores = tally.scores();
    EXPECT_NEAR(scores.precision_at_recall[69], 1, 1e-12);
    EXPECT_NEAR(scores.precision_at_recall[70], 10.0 / 11, 1e-12);
    EXPECT_NEAR(scores.ap50, (70 + 31 * 10.0 / 11) / 101, 1e-12);
}

// IoU 0.72 is right at 0.50, 0.55, ..., 0.70: five of ten levels.
TEST(DetectionMetrics, StricterOverlapsCountForHalf) {
    DetectionTally tally(1);
    tally.add(std::vector{wanted(kHere)}, std::vector{found(0.9F, narrow(7.2))});
    EXPECT_NEAR(tally.scores().ap50, 1, 1e-12);
    EXPECT_NEAR(tally.scores().ap50_95, 0.5, 1e-12);
}

TEST(DetectionMetrics, ASecondBoxOnTheSameObjectIsWrong) {
    DetectionTally tally(1);
    const auto judged = tally.add(std::vector{wanted(kHere)},
                                  std::vector{found(0.8F, kHere), found(0.9F, narrow(9))});
    EXPECT_FALSE(judged[0]->isTrue());
    EXPECT_TRUE(judged[1]->isTrue());
    EXPECT_EQ(judged[0]->voc, JudgedDetection::Voc::kWrong);
    EXPECT_EQ(tally.scores().false_detections, 1U);
}

// Any number of boxes inside a crowd are neither right nor wrong, by the share of the box inside.
TEST(DetectionMetrics, CrowdsAreNeither) {
    DetectionTally tally(1);
    TruthBox crowd = wanted({100, 0, 100, 100});
    crowd.crowd = true;
    const auto judged = tally.add(std::vector{crowd, wanted(kHere)},
                                  std::vector{found(0.9F, {110, 10, 10, 10}),
                                              found(0.8F, {150, 50, 10, 10}), found(0.7F, kHere)});
    EXPECT_FALSE(judged[0]->counts());
    EXPECT_FALSE(judged[1]->counts());
    EXPECT_TRUE(judged[2]->isTrue());
    EXPECT_NEAR(tally.scores().ap50, 1, 1e-12);
    EXPECT_EQ(tally.scores().false_detections, 0U);
}

TEST(DetectionMetrics, ADifficultObjectIsNeitherOnceForCocoAndAlwaysForVoc) {
    DetectionTally tally(1);
    TruthBox difficult = wanted(kHere);
    difficult.difficult = true;
    const auto judged = tally.add(std::vector{difficult, wanted(kThere)},
                                  std::vector{found(0.9F, kHere), found(0.8F, kHere)});
    EXPECT_FALSE(judged[0]->counts());
    EXPECT_TRUE(judged[1]->counts());
    EXPECT_EQ(judged[0]->voc, JudgedDetection::Voc::kNeither);
    EXPECT_EQ(judged[1]->voc, JudgedDetection::Voc::kNeither);
}

TEST(DetectionMetrics, AnObjectThatCountsIsPreferredToACrowd) {
    DetectionTally tally(1);
    TruthBox crowd = wanted({0, 0, 50, 50});  // the box lies wholly inside: overlap 1
    crowd.crowd = true;
    const auto judged =
        tally.add(std::vector{crowd, wanted(kHere)}, std::vector{found(0.9F, narrow(6))});
    EXPECT_TRUE(judged[0]->isTrue());
}

TEST(DetectionMetrics, ClassesAreAveragedOnlyWhereTheyHaveObjects) {
    DetectionTally tally(3);
    tally.add(std::vector{wanted(kHere, 0), wanted(kThere, 1)},
              std::vector{found(0.9F, kHere, 0), found(0.9F, kElsewhere, 2)});
    EXPECT_EQ(tally.scores().classes.size(), 2U);
    EXPECT_NEAR(tally.scores().ap50, 0.5, 1e-12);
    EXPECT_EQ(tally.scores().false_detections, 1U);
}

TEST(DetectionMetrics, AHundredPerClassAndPictureCount) {
    DetectionTally tally(1);
    std::vector<Detection> many(101, found(0.9F, kElsewhere));
    many.back() = found(0.1F, kHere);
    const auto judged = tally.add(std::vector{wanted(kHere)}, many);
    EXPECT_FALSE(judged.back().has_value());
    EXPECT_EQ(tally.scores().ap50, 0);
}

// Of the four pairs 3 > 2 and 3 > 1 and 2 > 1 win, 2 = 2 is half.
TEST(DetectionMetrics, AurocCountsPairs) {
    EXPECT_DOUBLE_EQ(*areaUnderRoc(std::vector{3.0F, 2.0F}, std::vector{2.0F, 1.0F}), 3.5 / 4);
    EXPECT_FALSE(areaUnderRoc({}, std::vector{1.0F}).has_value());
}

TEST(DetectionMetrics, ConfidencesOfTrueAndFalse) {
    DetectionTally tally(1);
    tally.add(std::vector{wanted(kHere)},
              std::vector{found(0.9F, kHere), found(0.4F, kThere), found(0.2F, kElsewhere)});
    EXPECT_NEAR(tally.scores().mean_true_confidence, 1.8, 1e-6);
    EXPECT_NEAR(tally.scores().mean_false_confidence, 0.6, 1e-6);
    EXPECT_DOUBLE_EQ(*tally.scores().auroc, 1);
}

// Of 102 objects of a picture, the best first, the program gives out a hundred, of whatever class:
// a true one of confidence 1.8 and 99 false ones of 1.6 in class 0. The two of class 1 behind them,
// a true one of 0.2 and a false one of 0.1, say nothing of those: means 1.8 and 1.6, AUROC 1. (With
// them there were 2 true, mean 1, and 100 false; 101 of the 200 pairs would be right.) No class has
// more than a hundred, so average precision counts them all: both objects are found.
TEST(DetectionMetrics, ConfidencesAreThoseOfTheBestHundredOfAPicture) {
    DetectionTally tally(2);
    std::vector<Detection> objects(100, found(0.8F, kElsewhere, 0));
    objects.front() = found(0.9F, kHere, 0);
    objects.push_back(found(0.1F, kThere, 1));
    objects.push_back(found(0.05F, kElsewhere, 1));
    const auto judged = tally.add(std::vector{wanted(kHere, 0), wanted(kThere, 1)}, objects);
    EXPECT_TRUE(judged[99]->among_best);
    EXPECT_FALSE(judged[100]->among_best);
    EXPECT_TRUE(judged[100]->isTrue());
    const auto scores = tally.scores();
    EXPECT_NEAR(scores.ap50, 1, 1e-12);
    EXPECT_EQ(scores.true_detections, 1U);
    EXPECT_EQ(scores.false_detections, 99U);
    EXPECT_NEAR(scores.mean_true_confidence, 1.8, 1e-6);
    EXPECT_NEAR(scores.mean_false_confidence, 1.6, 1e-6);
    EXPECT_DOUBLE_EQ(*scores.auroc, 1);
}

struct GoldenTruth {
    std::size_t picture;
    std::size_t class_index;
    RectPx box;
    bool crowd;
};
struct GoldenDetection {
    std::size_t picture;
    std::size_t class_index;
    RectPx box;
    float score;
};
const std::vector<GoldenTruth> kGoldenTruth{
    {0, 0, {16, 52, 17, 19}, true},  {0, 1, {27, 47, 15, 21}, false},
    {1, 1, {59, 11, 13, 20}, false}, {1, 1, {5, 57, 21, 32}, false},
    {2, 1, {12, 57, 19, 29}, false}, {3, 0, {6, 28, 19, 28}, false},
    {3, 0, {9, 38, 29, 31}, false},  {3, 0, {12, 30, 23, 30}, false},
    {4, 1, {16, 9, 23, 37}, true},   {4, 0, {5, 27, 25, 22}, false},
    {5, 1, {33, 13, 36, 23}, false}, {5, 1, {30, 47, 24, 28}, false},
    {5, 1, {7, 25, 38, 18}, false},
};
const std::vector<GoldenDetection> kGoldenDetections{
    {0, 0, {20, 50, 19, 21}, 16}, {0, 0, {21, 51, 13, 23}, 20}, {0, 0, {16, 49, 21, 23}, 7},
    {0, 1, {26, 42, 9, 26}, 47},  {1, 0, {-1, 56, 19, 31}, 26}, {1, 1, {11, 61, 21, 35}, 31},
    {2, 1, {12, 60, 15, 28}, 10}, {2, 1, {11, 51, 20, 25}, 6},  {3, 0, {1, 22, 13, 22}, 5},
    {3, 0, {8, 32, 24, 33}, 2},   {3, 0, {13, 24, 20, 30}, 56}, {3, 0, {16, 30, 20, 31}, 36},
    {3, 0, {6, 28, 21, 27}, 19},  {4, 0, {19, 4, 26, 37}, 4},   {4, 1, {20, 13, 29, 42}, 15},
    {4, 0, {4, 25, 29, 23}, 34},  {5, 1, {34, 8, 34, 27}, 35},  {5, 1, {27, 13, 39, 19}, 24},
    {5, 1, {31, 17, 30, 19}, 18}, {5, 1, {36, 41, 21, 24}, 12},
};

// The numbers are what pycocotools' COCOeval (iouType "bbox", summarize()) answers for this case,
// which was drawn at random: stats[0] is AP50:95, stats[1] AP50.
TEST(DetectionMetrics, AnswersWhatPycocotoolsAnswers) {
    DetectionTally tally(2);
    for (std::size_t picture = 0; picture < 6; ++picture) {
        std::vector<TruthBox> truth;
        for (const GoldenTruth& one : kGoldenTruth) {
            if (one.picture == picture)
                truth.push_back(
                    {.class_index = one.class_index, .box = one.box, .crowd = one.crowd});
        }
        std::vector<Detection> objects;
        for (const GoldenDetection& one : kGoldenDetections) {
            if (one.picture == picture)
                objects.push_back(found(one.score, one.box, one.class_index));
        }
        tally.add(truth, objects);
    }
    EXPECT_NEAR(tally.scores().ap50_95, 0.19653465346534654, 1e-9);
    EXPECT_NEAR(tally.scores().ap50, 0.40429042904290424, 1e-9);
}

TEST(FiveBoxes, ClassAndBoxTogetherAmongFiveClasses) {
    FiveBoxTally tally;
    std::vector<Detection> answers;
    for (std::size_t c = 0; c < 6; ++c)
        answers.push_back(found(0.9F - 0.1F * static_cast<float>(c), kHere, c));
    tally.add(std::vector{wanted(kHere, 0)}, answers);   // the first
    tally.add(std::vector{wanted(kHere, 4)}, answers);   // the fifth
    tally.add(std::vector{wanted(kHere, 5)}, answers);   // the sixth is no answer
    tally.add(std::vector{wanted(kThere, 0)}, answers);  // the class, but not the box
    EXPECT_EQ(tally.pictures(), 4U);
    EXPECT_DOUBLE_EQ(tally.top1Error(), 0.75);
    EXPECT_DOUBLE_EQ(tally.top5Error(), 0.5);
}

TEST(FiveBoxes, AClassAnswersOnce) {
    FiveBoxTally tally;
    std::vector<Detection> answers(7, found(0.9F, kThere, 0));
    answers.push_back(found(0.5F, kHere, 0));  // a worse box of the same class is no answer
    answers.push_back(found(0.4F, kHere, 1));  // but the second class still is one
    tally.add(std::vector{wanted(kHere, 0)}, answers);
    tally.add(std::vector{wanted(kHere, 1)}, answers);
    EXPECT_DOUBLE_EQ(tally.top5Error(), 0.5);
}

}  // namespace
}  // namespace overfeat::evaluate
