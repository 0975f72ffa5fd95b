// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/resampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/error.h"
#include "engine/detect/views.h"
#include "tests/engine/detect/pictures.h"

namespace overfeat::detect {
namespace {

using test::painted;
using test::Rgb;

Rgb at(const PixelView& view, int x, int y) {
    const std::uint8_t* p =
        view.rgb + static_cast<std::size_t>(y) * view.row_bytes + static_cast<std::size_t>(x) * 3;
    return {p[0], p[1], p[2]};
}

TEST(Resampler, SameSizeIsTheSamePixels) {
    const Image image = painted({5, 4}, [](int x, int y) { return Rgb{x, y, x * y}; });
    Resampler resampler;
    resampler.begin(image, {});
    EXPECT_EQ(resampler.whole({5, 4}).rgb, image.row(0));
}

TEST(Resampler, ShrinkingAveragesAreas) {
    // Stripes one pixel wide: anything but an average would alias to black or white.
    const Image image = painted({64, 48}, [](int x, int) {
        const int v = x % 2 == 0 ? 0 : 200;
        return Rgb{v, v / 2, 0};
    });
    Resampler resampler;
    resampler.begin(image, {});
    const PixelView small = resampler.whole({32, 16});
    for (int y = 0; y < 16; ++y) {
        for (int x = 0; x < 32; ++x)
            EXPECT_EQ(at(small, x, y), (Rgb{100, 50, 0}));
    }
}

struct Sizes {
    SizePx from;
    SizePx to;
};

class ResamplerBetween : public testing::TestWithParam<Sizes> {};

// A ramp stays the same ramp, at the same place: pixel centres are mapped to half a pixel.
TEST_P(ResamplerBetween, RampStaysInPlace) {
    const auto [from, to] = GetParam();
    const auto ramp = [](double position, int side) { return 20 + 200 * position / side; };
    const Image image = painted(from, [&, size = from](int x, int y) {
        return Rgb{static_cast<int>(std::lround(ramp(x + 0.5, size.width))),
                   static_cast<int>(std::lround(ramp(y + 0.5, size.height))), 7};
    });
    Resampler resampler;
    resampler.begin(image, {});
    const PixelView out = resampler.whole(to);
    // Half a pixel of the coarser of the two, on the scale of the ramp, and rounding to bytes.
    const double across = 200 * 0.5 / std::min(from.width, to.width) + 1.5;
    const double down = 200 * 0.5 / std::min(from.height, to.height) + 1.5;
    for (int y = 0; y < to.height; ++y) {
        for (int x = 0; x < to.width; ++x) {
            const Rgb pixel = at(out, x, y);
            EXPECT_NEAR(pixel.r, ramp(x + 0.5, to.width), across) << x << ' ' << y;
            EXPECT_NEAR(pixel.g, ramp(y + 0.5, to.height), down) << x << ' ' << y;
            EXPECT_EQ(pixel.b, 7);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Pairs, ResamplerBetween,
                         testing::Values(Sizes{{100, 80}, {37, 29}}, Sizes{{40, 30}, {97, 61}},
                                         Sizes{{100, 10}, {30, 25}}, Sizes{{10, 100}, {25, 30}},
                                         Sizes{{100, 40}, {33, 40}}, Sizes{{40, 20}, {40, 50}}));

TEST(Resampler, SharedReductionOfALargePictureChangesNothingVisible) {
    const Image image = painted({1000, 700}, [](int x, int y) {
        return Rgb{(x / 7 * 40) % 256, (y / 11 * 60) % 256, (x + y) % 256};
    });
    const SizePx largest{130, 90};
    const SizePx level{70, 50};
    Resampler direct;
    Resampler shared;
    direct.begin(image, {});
    shared.begin(image, largest);
    for (const SizePx& size : {largest, level}) {
        const PixelView a = direct.whole(size);
        const PixelView b = shared.whole(size);
        int worst = 0;
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                worst = std::max({worst, std::abs(at(a, x, y).r - at(b, x, y).r),
                                  std::abs(at(a, x, y).g - at(b, x, y).g)});
            }
        }
        // At the largest size only rounding differs; below, areas are averaged in two steps.
        EXPECT_LE(worst, size == largest ? 1 : 24);
    }
}

// The mean over the area a pixel covers, with the parts of pixels at its edges.
TEST(Resampler, PixelsCountByHowMuchOfThemIsCovered) {
    const SizePx from{53, 41};
    const SizePx to{20, 17};
    const Image image = painted(from, [](int x, int y) {
        return Rgb{x * 37 % 256, y * 91 % 256, x * y % 256};
    });
    Resampler resampler;
    resampler.begin(image, {});
    const PixelView small = resampler.whole(to);
    const auto covered = [](int i, int pixel, double step) {
        return std::max(0.0,
                        std::min((i + 1) * step, pixel + 1.0) - std::max(i * step, 1.0 * pixel));
    };
    const double across = 1.0 * from.width / to.width;
    const double down = 1.0 * from.height / to.height;
    for (int y = 0; y < to.height; ++y) {
        for (int x = 0; x < to.width; ++x) {
            double sum = 0;
            for (int v = 0; v < from.height; ++v)
                for (int u = 0; u < from.width; ++u)
                    sum += covered(x, u, across) * covered(y, v, down) * (u * v % 256);
            EXPECT_NEAR(at(small, x, y).b, sum / across / down, 0.501) << x << ' ' << y;
        }
    }
}

// Between the middles of neighbours, and beyond the outer ones their own colour.
TEST(Resampler, EnlargingInterpolates) {
    const Image image = painted({2, 1}, [](int x, int) { return Rgb{x * 200, 50, 100 - x * 100}; });
    Resampler resampler;
    resampler.begin(image, {});
    const PixelView large = resampler.whole({8, 3});
    const int red[] = {0, 0, 25, 75, 125, 175, 200, 200};
    for (int x = 0; x < 8; ++x)
        EXPECT_EQ(at(large, x, 2), (Rgb{red[x], 50, 100 - red[x] / 2})) << x;
}

TEST(Resampler, WritesTheSamePicturesStraightIntoPlanes) {
    const Image image = painted({61, 45}, [](int x, int y) {
        return Rgb{x * 37 % 256, y * 91 % 256, x * y % 256};
    });
    const Normaliser normaliser({.mean = {10, 20, 30}, .std = {2, 4, 5}});
    for (const SizePx size : {SizePx{61, 45}, SizePx{40, 23}, SizePx{90, 70}, SizePx{61, 20}}) {
        const auto floats = static_cast<std::size_t>(size.width * size.height * 3);
        for (const bool mirrored : {false, true}) {
            Resampler resampler(4);
            resampler.begin(image, {});
            std::vector<float> expected(floats);
            normaliser.write(resampler.whole(size), mirrored, expected);
            std::vector<float> planes(floats);
            resampler.write(size, normaliser, mirrored, planes);
            // Bytes are rounded, planes are not.
            for (std::size_t i = 0; i < floats; ++i)
                ASSERT_NEAR(planes[i], expected[i], 0.501 / 2) << size.width << ' ' << i;

            Resampler alone(1);
            alone.begin(image, {});
            std::vector<float> by_one(floats);
            alone.write(size, normaliser, mirrored, by_one);
            EXPECT_EQ(by_one, planes) << "by other threads";
        }
    }
}

TEST(Resampler, PartReadsOnlyThatPart) {
    const Image image = painted({30, 20}, [](int x, int y) {
        const bool inside = x >= 10 && x < 18 && y >= 5 && y < 13;
        return inside ? Rgb{10, 20, 30} : Rgb{255, 255, 255};
    });
    Resampler resampler;
    resampler.begin(image, {});
    for (const SizePx size : {SizePx{8, 8}, SizePx{3, 3}, SizePx{21, 21}}) {
        const PixelView part = resampler.part({10, 5, {8, 8}}, size);
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x)
                EXPECT_EQ(at(part, x, y), (Rgb{10, 20, 30})) << size.width;
        }
    }
}

TEST(Resampler, OddPicturesAreNoTrouble) {
    Resampler resampler;
    for (const SizePx size : {SizePx{1, 1}, SizePx{1, 3000}, SizePx{3000, 1}, SizePx{2, 100000}}) {
        const Image image = painted(size, [](int, int) { return Rgb{1, 2, 3}; });
        resampler.begin(image, {64, 64});
        EXPECT_EQ(at(resampler.whole({64, 64}), 63, 63), (Rgb{1, 2, 3}));
    }
}

TEST(Normaliser, WritesPlanesInRgbOrderNormalised) {
    const Image image = painted({2, 1}, [](int x, int) {
        return x == 0 ? Rgb{255, 0, 10} : Rgb{0, 100, 200};
    });
    const Normaliser normaliser({.mean = {10, 20, 30}, .std = {2, 4, 5}});
    std::vector<float> planes(6);
    const PixelView view{image.row(0), image.rowBytes(), image.size()};
    normaliser.write(view, false, planes);
    EXPECT_EQ(planes, (std::vector<float>{122.5F, -5, -5, 20, -4, 34}));
    normaliser.write(view, true, planes);
    EXPECT_EQ(planes, (std::vector<float>{-5, 122.5F, 20, -5, 34, -4}));
}

TEST(Normaliser, RefusesNumbersItCannotDivideBy) {
    const auto refused = [](const net::Normalisation& normalisation) {
        try {
            const Normaliser normaliser(normalisation);
            return false;
        } catch (const Error& error) {
            return error.code() == ErrorCode::kModel;
        }
    };
    EXPECT_TRUE(refused({.mean = {0, 0, 0}, .std = {1, 0, 1}}));
    EXPECT_TRUE(refused({.mean = {0, 0, 0}, .std = {1, -1, 1}}));
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(refused({.mean = {nan, 0, 0}, .std = {1, 1, 1}}));
    EXPECT_TRUE(refused({.mean = {0, 0, 0}, .std = {1, 1, nan}}));
}

TEST(Views, AreWhereTheyShouldBe) {
    EXPECT_EQ(centreView({640, 480}), (PixelRect{80, 0, {480, 480}}));
    EXPECT_EQ(centreView({480, 640}), (PixelRect{0, 80, {480, 480}}));
    EXPECT_EQ(centreView({1, 5000}), (PixelRect{0, 2499, {1, 1}}));
    EXPECT_EQ(centreView({640, 480}, 0.875), (PixelRect{110, 30, {420, 420}}));
    EXPECT_EQ(centreView({1, 5000}, 0.2), (PixelRect{0, 2499, {1, 1}}));
    const auto five = fiveViews({640, 512});  // 512 * 224 / 256 = 448
    EXPECT_EQ(five[0], (PixelRect{0, 0, {448, 448}}));
    EXPECT_EQ(five[1], (PixelRect{192, 0, {448, 448}}));
    EXPECT_EQ(five[2], (PixelRect{0, 64, {448, 448}}));
    EXPECT_EQ(five[3], (PixelRect{192, 64, {448, 448}}));
    EXPECT_EQ(five[4], (PixelRect{96, 32, {448, 448}}));
    for (const PixelRect& view : fiveViews({1, 1}))
        EXPECT_EQ(view, (PixelRect{0, 0, {1, 1}}));
}

}  // namespace
}  // namespace overfeat::detect
