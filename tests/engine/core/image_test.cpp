// SPDX-License-Identifier: Apache-2.0
#include "engine/core/image.h"

#include <gtest/gtest.h>

#include "engine/core/error.h"

namespace overfeat {
namespace {

TEST(Image, RefusesABombBeforeAllocating) {
    try {
        const Image bomb(SizePx{50'000, 50'000});
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInput);
        EXPECT_NE(std::string(error.what()).find("50000x50000"), std::string::npos);
    }
}

TEST(Image, RefusesPixelsThatDoNotFitTheSize) {
    EXPECT_THROW(Image({2, 2}, std::vector<std::uint8_t>(11)), Error);
    EXPECT_THROW(Image(SizePx{-1, 4}), Error);
}

TEST(Image, RowsFollowEachOtherWithoutPadding) {
    const Image image({2, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    EXPECT_EQ(image.row(1)[0], 6);
    EXPECT_EQ(image.rowBytes(), 6U);
}

}  // namespace
}  // namespace overfeat
