// SPDX-License-Identifier: Apache-2.0
#include "engine/core/shape.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/core/error.h"
#include "engine/core/tensor.h"

namespace overfeat {
namespace {

TEST(Shape, CountsElements) {
    EXPECT_EQ((Shape{2, 3, 4, 5}).elementCount(), 120);
    EXPECT_EQ(Shape().elementCount(), 1);
    EXPECT_EQ((Shape{4, 0}).elementCount(), 0);
}

TEST(Shape, RefusesOverflowAndNegativeExtents) {
    EXPECT_THROW((Shape{1LL << 40, 1LL << 40}).elementCount(), Error);
    EXPECT_THROW((Shape{3, -1}).elementCount(), Error);
    EXPECT_THROW(Shape(std::vector<std::int64_t>(9, 1)), Error);
}

TEST(Shape, ComparesExtentsAndRank) {
    EXPECT_EQ((Shape{1, 2}), (Shape{1, 2}));
    EXPECT_FALSE((Shape{1, 2}) == (Shape{1, 2, 1}));
    EXPECT_EQ((Shape{1, 3, 64, 64}).toString(), "1x3x64x64");
}

TEST(Tensor, RefusesTheWrongNumberOfValues) {
    EXPECT_THROW(Tensor(Shape{2, 2}, {1, 2, 3}), Error);
    const Tensor zeros(Shape{2, 2});
    EXPECT_EQ(zeros.values().size(), 4U);
}

}  // namespace
}  // namespace overfeat
