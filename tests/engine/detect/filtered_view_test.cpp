// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/filtered_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tests/engine/detect/pictures.h"

namespace overfeat::detect {
namespace {

using test::painted;
using test::plain;
using test::Rgb;

PixelView viewOf(const Image& image) {
    return {image.row(0), image.rowBytes(), image.size()};
}

int at(const PixelView& view, int x, int y, int channel = 0) {
    return view.rgb[static_cast<std::size_t>(y) * view.row_bytes +
                    static_cast<std::size_t>(3 * x + channel)];
}

Image noise(SizePx size) {
    std::uint32_t state = 7;
    return painted(size, [&state](int, int) {
        const auto next = [&state] {
            state = state * 1664525U + 1013904223U;
            return static_cast<int>(state >> 24U);
        };
        const int r = next();
        const int g = next();
        return Rgb{r, g, next()};
    });
}

TEST(FilteredView, APictureOfTheWindowsSizeStaysAsItIs) {
    const Image image = noise({16, 16});
    FilteredView filtered;
    const PixelView view = filtered.of(viewOf(image), 1, 16);
    ASSERT_EQ(view.size, (SizePx{16, 16}));
    for (int y = 0; y < 16; ++y) {
        for (int x = 0; x < 16; ++x) {
            for (int c = 0; c < 3; ++c)
                EXPECT_EQ(at(view, x, y, c), image.row(y)[3 * x + c]);
        }
    }
}

// Halved, a pixel is made of four of each direction, in the shares 1, 3, 3, 1.
TEST(FilteredView, ATriangleAsWideAsThePixelsOfTheResult) {
    const Image line = painted({16, 16}, [](int x, int) {
        return Rgb{x == 7 ? 240 : 0, x == 8 ? 240 : 0, x == 9 ? 240 : 0};
    });
    FilteredView filtered;
    const PixelView view = filtered.of(viewOf(line), 1, 8);
    EXPECT_EQ(at(view, 3, 4, 0), 90);
    EXPECT_EQ(at(view, 4, 4, 0), 30) << "a neighbour's pixel counts as well";
    EXPECT_EQ(at(view, 3, 4, 1), 30);
    EXPECT_EQ(at(view, 4, 4, 1), 90);
    EXPECT_EQ(at(view, 2, 4, 0), 0);
}

// The same as scaling the whole picture in doubles and cutting the window out of it, for sizes at
// which nothing comes out even; no more than the rounding between the two directions away.
TEST(FilteredView, IsTheMiddleOfTheWholePictureScaled) {
    for (const SizePx size : {SizePx{50, 37}, SizePx{33, 61}, SizePx{9, 7}}) {
        const Image image = noise(size);
        constexpr int kSide = 14;
        constexpr int kShorterSide = 16;  // 14 / 0.875
        const double ratio = double{kShorterSide} / std::min(size.width, size.height);
        const double width = std::round(size.width * ratio);
        const double height = std::round(size.height * ratio);
        const double left = std::floor((width - kSide) / 2);
        const double top = std::floor((height - kSide) / 2);
        FilteredView filtered;
        const PixelView view = filtered.of(viewOf(image), 0.875, kSide);
        const auto share = [](int pixel, double centre, double step) {
            return std::max(0.0, 1 - std::abs(pixel + 0.5 - centre) / std::max(step, 1.0));
        };
        for (int y = 0; y < kSide; ++y) {
            for (int x = 0; x < kSide; ++x) {
                const double step_x = size.width / width;
                const double step_y = size.height / height;
                const double centre_x = (left + x + 0.5) * step_x;
                const double centre_y = (top + y + 0.5) * step_y;
                double sum = 0;
                double all = 0;
                for (int v = 0; v < size.height; ++v) {
                    for (int u = 0; u < size.width; ++u) {
                        const double part = share(u, centre_x, step_x) * share(v, centre_y, step_y);
                        sum += part * image.row(v)[3 * u];
                        all += part;
                    }
                }
                EXPECT_NEAR(at(view, x, y), sum / all, 1.5) << x << ' ' << y;
            }
        }
    }
}

TEST(FilteredView, OddPicturesGiveAWindow) {
    FilteredView filtered;
    for (const SizePx size : {SizePx{1, 1}, SizePx{1, 5000}, SizePx{5000, 1}, SizePx{3, 2}}) {
        const Image image = plain(size, {200, 100, 50});
        const PixelView view = filtered.of(viewOf(image), 0.875, 24);
        ASSERT_EQ(view.size, (SizePx{24, 24}));
        for (const int place : {0, 11, 23}) {
            EXPECT_EQ(at(view, place, 23 - place, 0), 200);
            EXPECT_EQ(at(view, place, place, 2), 50);
        }
    }
}

}  // namespace
}  // namespace overfeat::detect
