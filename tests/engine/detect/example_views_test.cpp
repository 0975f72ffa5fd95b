// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/example_views.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <numbers>
#include <random>
#include <utility>

namespace overfeat::detect {
namespace {

constexpr int kSquare = 320;
constexpr double kCell = 16;

TEST(ExampleViews, ShowTheObjectWholeInEachOfItsSizes) {
    const auto views = exampleViews({2400, 2000}, {1150, 900, 162, 255}, kSquare, kCell);
    ASSERT_EQ(views.size(), 3U);
    for (std::size_t i = 0; i < views.size(); ++i) {
        const ExampleView& view = views[i];
        EXPECT_NEAR(view.box.height, kExampleSides[i] * kCell, 1);
        EXPECT_NEAR(view.box.width / view.box.height, 162.0 / 255, 0.01);
        EXPECT_NEAR(view.box.centre().x, kSquare / 2.0, 2);
        EXPECT_NEAR(view.box.centre().y, kSquare / 2.0, 2);
        EXPECT_EQ(view.size, (SizePx{kSquare, kSquare})) << "the picture fills the square";
    }
}

TEST(ExampleViews, DoNotBlowUpWhatIsSmall) {
    EXPECT_EQ(exampleViews({640, 480}, {300, 200, 30, 30}, kSquare, kCell).size(), 1U);
    EXPECT_EQ(exampleViews({640, 480}, {300, 200, 60, 60}, kSquare, kCell).size(), 2U);
}

// Pictures and boxes of all shapes: what is shown lies in the picture and in the square, and the
// object in what is shown.
TEST(ExampleViews, StayInsideWhateverIsAsked) {
    std::mt19937 random(11);
    const auto any = [&](double least, double most) {
        return std::uniform_real_distribution<double>(least, most)(random);
    };
    for (int i = 0; i < 2000; ++i) {
        const SizePx picture{static_cast<int>(any(1, 900)), static_cast<int>(any(1, 900))};
        RectPx box{any(0, picture.width - 0.5), any(0, picture.height - 0.5), 0, 0};
        box.width = any(0.5, picture.width - box.x);
        box.height = any(0.5, picture.height - box.y);
        for (const ExampleView& view : exampleViews(picture, box, kSquare, kCell)) {
            ASSERT_GE(view.part.x, 0);
            ASSERT_GE(view.part.y, 0);
            ASSERT_GE(std::min(view.part.size.width, view.part.size.height), 1);
            ASSERT_LE(view.part.x + view.part.size.width, picture.width);
            ASSERT_LE(view.part.y + view.part.size.height, picture.height);
            ASSERT_GE(std::min(view.offset.x, view.offset.y), 0);
            ASSERT_GE(std::min(view.size.width, view.size.height), 1);
            ASSERT_LE(view.offset.x + view.size.width, kSquare);
            ASSERT_LE(view.offset.y + view.size.height, kSquare);
            ASSERT_GE(view.box.x, view.offset.x - 0.51) << i;
            ASSERT_LE(view.box.right(), view.offset.x + view.size.width + 0.51) << i;
            ASSERT_GE(view.box.y, view.offset.y - 0.51) << i;
            ASSERT_LE(view.box.bottom(), view.offset.y + view.size.height + 0.51) << i;
        }
    }
}

// Halfway between the area of what bounds a turned rectangle and that of a turned ellipse.
TEST(TurnedBox, GrowsAboutItsMiddleAndKeepsItsShape) {
    const RectPx square{10, 20, 40, 40};
    EXPECT_NEAR(turnedBox(square, 0).area(), square.area(), 1e-9);
    EXPECT_NEAR(turnedBox(square, 45).area(), 1.5 * square.area(), 1e-9);
    for (const double degrees : kExampleTurns) {
        const RectPx box{3, 5, 20, 60};
        const RectPx turned = turnedBox(box, degrees);
        EXPECT_NEAR(turned.centre().x, box.centre().x, 1e-9);
        EXPECT_NEAR(turned.centre().y, box.centre().y, 1e-9);
        EXPECT_NEAR(turned.height / turned.width, 3, 1e-9);
        EXPECT_GT(turned.area(), 1.1 * box.area());
        EXPECT_NEAR(turned.area(), turnedBox(box, -degrees).area(), 1e-9) << "either way";
    }
}

// The corners of a rectangle that is turned lie on the sides of what bounds it, at whatever angle
// and shape; and what is compared of it lies inside, for that is smaller.
TEST(TurnedBounds, HoldTheTurnedRectangleAndNoMore) {
    constexpr double kRadians = std::numbers::pi / 180;
    for (const double aspect : {0.3, 1.0, 3.0}) {
        const RectPx box{30, 50, 40, 40 * aspect};
        EXPECT_EQ(turnedBounds(box, aspect, 0), box);
        for (const double degrees : {-75.0, -30.0, -15.0, 15.0, 30.0, 45.0, 90.0}) {
            double right = 0;
            double down = 0;
            for (const double side : {-1.0, 1.0}) {
                const double x = box.width / 2;
                const double y = side * box.height / 2;
                right = std::max(right, std::abs(x * std::cos(degrees * kRadians) -
                                                 y * std::sin(degrees * kRadians)));
                down = std::max(down, std::abs(x * std::sin(degrees * kRadians) +
                                               y * std::cos(degrees * kRadians)));
            }
            const RectPx bounds = turnedBounds(turnedBox(box, degrees), aspect, degrees);
            EXPECT_NEAR(bounds.width, 2 * right, 1e-9) << aspect << ", " << degrees;
            EXPECT_NEAR(bounds.height, 2 * down, 1e-9) << aspect << ", " << degrees;
            EXPECT_NEAR(bounds.centre().x, box.centre().x, 1e-9);
            EXPECT_NEAR(bounds.centre().y, box.centre().y, 1e-9);
            EXPECT_GE(bounds.area(), turnedBox(box, degrees).area() - 1e-9);
        }
    }
}

TEST(UprightRows, AreThoseBeforeTheTurnedOnes) {
    ExampleEmbedding example{.size = {.part = 2, .whole = 3}, .rows = {}};
    const std::size_t row = example.size.row(example.grid());
    for (const auto& [rows, upright] :
         {std::pair<std::size_t, std::size_t>{0, 0}, {1, 1}, {3, 3}, {5, 1}, {6, 2}, {7, 3}}) {
        example.rows.assign(rows * row, 0);
        EXPECT_EQ(uprightRows(example), upright) << rows;
        for (std::size_t i = 0; i < rows; ++i) {
            const bool turned = i >= upright && i < rows;
            EXPECT_EQ(degreesOf(example, i), turned ? kExampleTurns[i - upright] : 0) << rows;
        }
    }
    example.size = {};
    EXPECT_EQ(uprightRows(example), 0U) << "of nothing";
}

}  // namespace
}  // namespace overfeat::detect
