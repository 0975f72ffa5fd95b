// SPDX-License-Identifier: Apache-2.0
#include "engine/core/score_map.h"

#include <gtest/gtest.h>

#include "engine/core/error.h"

namespace overfeat {
namespace {

// Two classes on 2 rows x 3 columns; windows of 20 px every 10 px from (5, 0).
ScoreMap exampleMap() {
    return ScoreMap({3, 2}, 2, {5, 0, 20, 20}, 10, 10,
                    {0.0F, 0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 1.0F, 0.9F, 0.8F, 0.7F, 0.6F, 0.5F});
}

TEST(ScoreMap, CellsAreClassMajorThenRows) {
    const ScoreMap map = exampleMap();
    EXPECT_FLOAT_EQ(map.score(0, {1, 2}), 0.5F);
    EXPECT_FLOAT_EQ(map.score(1, {0, 1}), 0.9F);
    EXPECT_FLOAT_EQ(map.spatialMax(0), 0.5F);
    EXPECT_FLOAT_EQ(map.spatialMax(1), 1.0F);
}

TEST(ScoreMap, NearestCellOfAWindowCentreIsThatWindow) {
    const ScoreMap map = exampleMap();
    for (int row = 0; row < map.rows(); ++row) {
        for (int column = 0; column < map.columns(); ++column) {
            const CellIndex cell{row, column};
            EXPECT_EQ(map.nearestCell(map.windowAt(cell).centre()), cell);
        }
    }
    EXPECT_EQ(map.nearestCell({-100, 1000}), (CellIndex{1, 0}));
}

TEST(ScoreMap, InterpolationIsExactAtCentresAndLinearBetween) {
    const ScoreMap map = exampleMap();
    EXPECT_FLOAT_EQ(map.interpolate(0, map.windowAt({1, 1}).centre()), 0.4F);
    EXPECT_FLOAT_EQ(map.interpolate(0, {20, 10}), 0.05F);   // halfway along the first row
    EXPECT_FLOAT_EQ(map.interpolate(0, {-50, -50}), 0.0F);  // clamped to the corner cell
    EXPECT_FLOAT_EQ(map.interpolate(0, {500, 500}), 0.5F);
}

TEST(ScoreMap, OneCellAnswersEverywhere) {
    const ScoreMap map({1, 1}, 1, {0, 0, 64, 64}, 0, 0, {0.7F});
    EXPECT_EQ(map.nearestCell({500, 500}), (CellIndex{0, 0}));
    EXPECT_FLOAT_EQ(map.interpolate(0, {500, 500}), 0.7F);
}

TEST(ScoreMap, RefusesDataThatDoesNotFit) {
    EXPECT_THROW(ScoreMap({3, 2}, 1, {}, 1, 1, {1.0F}), Error);
    EXPECT_THROW(ScoreMap({1, 1}, 1, {}, 1, 1, {1.0F}, {{RectPx{}, RectPx{}}, {}}), Error);
    EXPECT_THROW(ScoreMap({1, 1}, 3, {}, 1, 1, {1, 2, 3}, {{RectPx{}, RectPx{}}, {2, 0}}), Error)
        << "classes in order";
}

TEST(HeatMap, HighestTakesTheMaximumOverScales) {
    const ScoreMap low({1, 1}, 1, {0, 0, 64, 64}, 0, 0, {0.2F});
    const ScoreMap high({1, 1}, 1, {0, 0, 64, 64}, 0, 0, {0.6F});
    const std::vector<ScoreMap> scales{low, high};
    const HeatMap map = heatMap(scales, 0, {100, 50}, 25, ScaleMix::kHighest);
    EXPECT_EQ(map.size, (SizePx{4, 2}));
    for (const float value : map.values)
        EXPECT_FLOAT_EQ(value, 0.6F);
}

TEST(HeatMap, ScalesWeighAsTheirWindowsAreSmall) {
    const ScoreMap large({1, 1}, 1, {0, 0, 100, 100}, 0, 0, {0.8F});
    const ScoreMap small({1, 1}, 1, {0, 0, 50, 50}, 0, 0, {0.3F});
    const std::vector<ScoreMap> scales{large, small};
    // A quarter of the area, four times the weight.
    EXPECT_NEAR(heatMap(scales, 0, {100, 100}, 100).at(0, 0), (0.8 + 4 * 0.3) / 5, 1e-6);
    EXPECT_FLOAT_EQ(heatMap({&large, 1}, 0, {100, 100}, 100).at(0, 0), 0.8F) << "alone";
}

// One row of large windows is bands across the whole picture; a grid of small ones knows where.
TEST(HeatMap, CombinedIsNotPaintedInColumns) {
    const ScoreMap row({4, 1}, 1, {0, 0, 200, 200}, 50, 0, {0.1F, 0.9F, 0.9F, 0.1F});
    std::vector<float> at_the_top(14 * 4, 0.0F);
    at_the_top[6] = at_the_top[7] = 0.9F;
    const ScoreMap grid({14, 4}, 1, {0, 0, 50, 50}, 23, 50, at_the_top);
    const std::vector<ScoreMap> scales{row, grid};
    const HeatMap map = heatMap(scales, 0, {350, 200}, 10);
    const float top = map.at(17, 2);
    const float bottom = map.at(17, 19);
    EXPECT_GT(top, 0.7F);
    EXPECT_LT(bottom, 0.1F * top) << "the column below the object";
    EXPECT_FLOAT_EQ(heatMap(scales, 0, {350, 200}, 10, ScaleMix::kHighest).at(17, 19), 0.9F);
}

TEST(ScoreMap, OfLaterClassesCountsFromTheirs) {
    const ScoreMap map({2, 1}, 2, {0, 0, 64, 64}, 16, 0, {0.1F, 0.2F, 0.3F, 0.4F},
                       {.px = {{1, 1, 2, 2}, {3, 3, 4, 4}}, .classes = {6}}, 5);
    EXPECT_FALSE(map.knows(4));
    EXPECT_TRUE(map.knows(5));
    EXPECT_TRUE(map.knows(6));
    EXPECT_FALSE(map.knows(7));
    EXPECT_FLOAT_EQ(map.score(5, {0, 1}), 0.2F);
    EXPECT_FLOAT_EQ(map.spatialMax(6), 0.4F);
    EXPECT_FLOAT_EQ(map.interpolate(6, {40, 32}), 0.35F);
    EXPECT_FALSE(map.boxAt({0, 0}, 5));
    EXPECT_EQ(map.boxAt({0, 1}, 6), (RectPx{3, 3, 4, 4}));
    EXPECT_FLOAT_EQ(heatMap({&map, 1}, 6, {96, 64}, 64).at(0, 0), 0.3F);
    EXPECT_FLOAT_EQ(heatMap({&map, 1}, 1, {96, 64}, 64).at(0, 0), 0);
}

TEST(HeatMap, IsEmptyForAnEmptyFrameAndZeroForAnUnknownClass) {
    const ScoreMap map({1, 1}, 1, {0, 0, 64, 64}, 0, 0, {0.2F});
    EXPECT_TRUE(heatMap({&map, 1}, 0, {0, 0}, 8).values.empty());
    EXPECT_FLOAT_EQ(heatMap({&map, 1}, 5, {8, 8}, 8).at(0, 0), 0);
}

}  // namespace
}  // namespace overfeat
