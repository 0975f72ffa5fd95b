// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/turned_view.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "tests/engine/detect/pictures.h"

namespace overfeat::detect {
namespace {

using test::painted;

PixelView viewOf(const Image& picture) {
    return {picture.row(0), 3 * static_cast<std::size_t>(picture.width()), picture.size()};
}

// What is right of the middle is below it after a quarter of a turn, exactly.
TEST(TurnedView, TurnsClockwiseAboutThePointThatIsAsked) {
    const Image picture = painted({7, 5}, [](int x, int y) {
        return x == 3 && y == 2 ? test::Rgb{200, 10, 30} : test::Rgb{5, 6, 7};
    });
    std::vector<std::uint8_t> rgb(3 * 3 * 3);
    showTurned(viewOf(picture), {90, {2.5, 2.5}, {1.5, 1.5}}, {3, 3}, rgb.data());
    for (std::size_t i = 0; i < 9; ++i) {
        const bool below = i == 7;
        EXPECT_EQ(rgb[3 * i], below ? 200 : 5) << i;
        EXPECT_EQ(rgb[3 * i + 1], below ? 10 : 6) << i;
        EXPECT_EQ(rgb[3 * i + 2], below ? 30 : 7) << i;
    }
}

TEST(TurnedView, GoesOnWithTheOutermostPixels) {
    const Image picture = painted({2, 1}, [](int x, int) {
        return x == 0 ? test::Rgb{10, 10, 10} : test::Rgb{90, 90, 90};
    });
    std::vector<std::uint8_t> rgb(3 * 6 * 4);
    showTurned(viewOf(picture), {0, {1, 0.5}, {3, 2}}, {6, 4}, rgb.data());
    for (std::size_t i = 0; i < 24; ++i)
        EXPECT_EQ(rgb[3 * i], i % 6 < 3 ? 10 : 90) << i;
}

}  // namespace
}  // namespace overfeat::detect
