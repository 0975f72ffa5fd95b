// SPDX-License-Identifier: Apache-2.0
#include "engine/core/geometry.h"

#include <gtest/gtest.h>

namespace overfeat {
namespace {

TEST(Geometry, OverlapOfHalfShiftedSquaresIsOneThird) {
    EXPECT_DOUBLE_EQ(intersectionOverUnion({0, 0, 10, 10}, {5, 0, 10, 10}), 50.0 / 150.0);
}

TEST(Geometry, TouchingRectanglesDoNotOverlap) {
    EXPECT_EQ(intersection({0, 0, 10, 10}, {10, 0, 10, 10}).area(), 0);
    EXPECT_EQ(intersectionOverUnion({0, 0, 10, 10}, {10, 0, 10, 10}), 0);
}

TEST(Geometry, EmptyAndInvertedRectanglesHaveNoArea) {
    EXPECT_EQ((RectPx{3, 3, -5, 4}).area(), 0);
    EXPECT_EQ(intersectionOverUnion({0, 0, 0, 0}, {0, 0, 0, 0}), 0);
}

TEST(Geometry, RectanglesAreHalfOpen) {
    const RectPx rect{2, 3, 4, 5};
    EXPECT_TRUE(rect.contains({2, 3}));
    EXPECT_FALSE(rect.contains({6, 3}));
    EXPECT_EQ(rect.centre(), (PointPx{4, 5.5}));
}

}  // namespace
}  // namespace overfeat
