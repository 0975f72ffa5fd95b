// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/pyramid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace overfeat::detect {
namespace {

constexpr PyramidScales kFourScales{4, 1.0, 3.5};

TEST(Pyramid, SizesOfACameraFrameAreThoseWorkedOutByHand) {
    // Shorter sides 64 * 3.5^(k/3) = 64, 97.2, 147.5, 224; the longer ones 4/3 of it; both to the
    // nearest 64 + 16 n.
    const std::vector<SizePx> expected{{80, 64}, {128, 96}, {192, 144}, {304, 224}};
    EXPECT_EQ(pyramidSizes({640, 480}, 64, {16, 16}, kFourScales), expected);
}

TEST(Pyramid, OverFeatsOwnGeometryGivesItsScales) {
    // Table 5's net: window 221, stride 36. One scale at one window, one at 2.
    const std::vector<SizePx> expected{{293, 221}, {581, 437}};
    EXPECT_EQ(pyramidSizes({640, 480}, 221, {36, 36}, {2, 1.0, 2.0}), expected);
}

struct Case {
    SizePx frame;
    int window_px;
    int stride_px;
};

class PyramidOf : public testing::TestWithParam<Case> {};

TEST_P(PyramidOf, LevelsAreTiledByWindowsAndBounded) {
    const auto [frame, window, stride] = GetParam();
    const auto sizes = pyramidSizes(frame, window, {stride, stride}, kFourScales);
    ASSERT_FALSE(sizes.empty());
    EXPECT_LE(sizes.size(), 4U);
    double previous = 0;
    for (const SizePx& size : sizes) {
        EXPECT_GE(size.width, window);
        EXPECT_GE(size.height, window);
        EXPECT_EQ((size.width - window) % stride, 0);
        EXPECT_EQ((size.height - window) % stride, 0);
        const double area = static_cast<double>(size.width) * size.height;
        EXPECT_GT(area, previous) << "smallest first, none twice";
        previous = area;
        // The bound, and what rounding each side up by half a stride can add.
        EXPECT_LE(area, kMaxLevelWindowAreas * window * window +
                            (size.width + size.height + stride) * stride / 2.0);
        const double longer = std::max(size.width, size.height);
        const double shorter = std::min(size.width, size.height);
        const double wanted =
            std::min(kMaxLevelAspect, static_cast<double>(std::max(frame.width, frame.height)) /
                                          std::min(frame.width, frame.height));
        EXPECT_LE(std::abs(longer - wanted * shorter), (1 + wanted) * stride / 2.0 + 1e-9);
        EXPECT_LE(shorter,
                  std::max<double>(window, kMaxEnlargement * std::min(frame.width, frame.height)) +
                      stride / 2.0);
    }
}

TEST_P(PyramidOf, LevelAndFrameCoordinatesRoundTrip) {
    const auto [frame, window, stride] = GetParam();
    for (const SizePx& level : pyramidSizes(frame, window, {stride, stride}, kFourScales)) {
        const RectPx all =
            toFrame({0, 0, static_cast<double>(level.width), static_cast<double>(level.height)},
                    level, frame);
        EXPECT_NEAR(all.width, frame.width, 1e-9);
        EXPECT_NEAR(all.height, frame.height, 1e-9);
        const RectPx pixel = toFrame({3, 5, 1, 1}, level, frame);
        const RectPx back = toFrame(pixel, frame, level);
        EXPECT_NEAR(back.centre().x, 3.5, 1e-9);
        EXPECT_NEAR(back.centre().y, 5.5, 1e-9);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Frames, PyramidOf,
    testing::Values(Case{{640, 480}, 64, 16}, Case{{480, 640}, 64, 16}, Case{{1920, 1080}, 64, 8},
                    Case{{1920, 1080}, 224, 32}, Case{{64, 64}, 64, 16}, Case{{1, 1}, 64, 16},
                    Case{{1, 5000}, 64, 16}, Case{{3000, 1}, 224, 32}, Case{{5, 100000}, 221, 36},
                    Case{{5472, 3648}, 64, 16}, Case{{33, 200}, 64, 1}, Case{{641, 479}, 65, 7}),
    [](const auto& of) {
        const Case& c = of.param;
        return std::to_string(c.frame.width) + "x" + std::to_string(c.frame.height) + "_window" +
               std::to_string(c.window_px) + "_stride" + std::to_string(c.stride_px);
    });

TEST(Pyramid, TinyPictureIsNotBlownUp) {
    EXPECT_EQ(pyramidSizes({1, 1}, 64, {16, 16}, kFourScales), (std::vector<SizePx>{{64, 64}}));
    // 64 px may become 96, not more: 64 * 1.5^(k/3) = 64, 73.3, 83.9, 96, of which the middle two
    // are nearest to 80.
    EXPECT_EQ(pyramidSizes({64, 64}, 64, {16, 16}, kFourScales),
              (std::vector<SizePx>{{64, 64}, {80, 80}, {96, 96}}));
}

TEST(Pyramid, SmallPictureGetsItsScalesCloserTogether) {
    // 144 px stay 144, not the 224 that were asked for: shorter sides 64, 83.9, 109.9, 144; the
    // longer ones 4/3 of it.
    EXPECT_EQ(pyramidSizes({192, 144}, 64, {16, 16}, kFourScales),
              (std::vector<SizePx>{{80, 64}, {112, 80}, {144, 112}, {192, 144}}));
    // From 224 px on the limit does nothing.
    EXPECT_EQ(pyramidSizes({400, 300}, 64, {16, 16}, kFourScales),
              pyramidSizes({2000, 1500}, 64, {16, 16}, kFourScales));
}

TEST(Pyramid, TheLargestLevelIsThePicturesOwnResolution) {
    // A large window asks for 3.5 * 224 = 784 px of 480.
    const auto sizes = pyramidSizes({640, 480}, 224, {32, 32}, kFourScales);
    EXPECT_EQ(sizes.front(), (SizePx{288, 224}));
    EXPECT_EQ(sizes.back(), (SizePx{640, 480}));
    // Hardly larger than the window: up to one and a half windows.
    EXPECT_EQ(pyramidSizes({320, 240}, 224, {32, 32}, kFourScales).back(), (SizePx{448, 352}));
}

TEST(Pyramid, ASmallestScaleAboveTheLimitIsBroughtDownToIt) {
    EXPECT_EQ(pyramidSizes({64, 64}, 64, {16, 16}, {2, 2.0, 3.0}), (std::vector<SizePx>{{96, 96}}));
}

}  // namespace
}  // namespace overfeat::detect
