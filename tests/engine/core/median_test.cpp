// SPDX-License-Identifier: Apache-2.0
#include "engine/core/median.h"

#include <gtest/gtest.h>

namespace overfeat {
namespace {

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoMiddleOnes) {
    EXPECT_EQ(median({}), 0);
    EXPECT_EQ(median({7}), 7);
    EXPECT_EQ(median({9, 1, 4}), 4);
    EXPECT_EQ(median({8, 1, 4, 2}), 3);
}

}  // namespace
}  // namespace overfeat
