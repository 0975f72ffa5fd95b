// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/turned_example.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/detect/pictures.h"

namespace overfeat::evaluate {
namespace {

// An object of 20x10 pixels: red on its left, green on its right; all around is blue.
constexpr RectPx kBox{10, 15, 20, 10};
Image scene() {
    return test::painted({40, 40}, [](int x, int y) {
        if (x < 10 || x >= 30 || y < 15 || y >= 25) return test::Rgb{0, 0, 200};
        return x < 20 ? test::Rgb{200, 0, 0} : test::Rgb{0, 200, 0};
    });
}

test::Rgb at(const Image& image, double x, double y) {
    const std::uint8_t* pixel = image.row(static_cast<int>(y)) + 3 * static_cast<int>(x);
    return {pixel[0], pixel[1], pixel[2]};
}

TEST(TurnedExample, AQuarterClockwisePutsTheLeftOnTop) {
    const Example example = turned(scene(), kBox, 90);
    EXPECT_NEAR(example.box.width, 10, 1e-9);
    EXPECT_NEAR(example.box.height, 20, 1e-9);
    const PointPx middle = example.box.centre();
    EXPECT_EQ(at(example.image, middle.x, middle.y - 6), (test::Rgb{200, 0, 0}));
    EXPECT_EQ(at(example.image, middle.x, middle.y + 6), (test::Rgb{0, 200, 0}));
    EXPECT_EQ(at(example.image, example.box.x - 2, middle.y), (test::Rgb{0, 0, 200}));
    EXPECT_EQ(at(example.image, example.box.right() + 2, middle.y), (test::Rgb{0, 0, 200}));
}

TEST(TurnedExample, NotTurnedItIsThePictureAroundTheBox) {
    const Example example = turned(scene(), kBox, 0);
    EXPECT_NEAR(example.box.width, 20, 1e-9);
    EXPECT_NEAR(example.box.height, 10, 1e-9);
    const PointPx middle = example.box.centre();
    EXPECT_EQ(at(example.image, middle.x - 6, middle.y), (test::Rgb{200, 0, 0}));
    EXPECT_EQ(at(example.image, middle.x + 6, middle.y), (test::Rgb{0, 200, 0}));
}

TEST(TurnedExample, AnEighthNeedsALargerBox) {
    const Example example = turned(scene(), kBox, 45);
    EXPECT_NEAR(example.box.width, 30 / std::sqrt(2.0), 1e-9);
    EXPECT_NEAR(example.box.height, 30 / std::sqrt(2.0), 1e-9);
}

}  // namespace
}  // namespace overfeat::evaluate
