// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/views.h"

#include <algorithm>
#include <cmath>

namespace overfeat::detect {
namespace {

constexpr double kShorterSideWindows = 256.0 / 224.0;

PixelRect centredSquare(SizePx frame, int side) noexcept {
    return {(frame.width - side) / 2, (frame.height - side) / 2, {side, side}};
}

}  // namespace

PixelRect centreView(SizePx frame, double crop) noexcept {
    const int shorter = std::min(frame.width, frame.height);
    return centredSquare(frame, std::max(1, static_cast<int>(std::lround(shorter * crop))));
}

std::array<PixelRect, 5> fiveViews(SizePx frame) noexcept {
    const int shorter = std::min(frame.width, frame.height);
    const int side = std::max(1, static_cast<int>(std::lround(shorter / kShorterSideWindows)));
    const SizePx size{side, side};
    const int right = frame.width - side;
    const int bottom = frame.height - side;
    return {PixelRect{0, 0, size}, PixelRect{right, 0, size}, PixelRect{0, bottom, size},
            PixelRect{right, bottom, size}, centredSquare(frame, side)};
}

std::array<View, 10> tenViews(SizePx frame) noexcept {
    const auto parts = fiveViews(frame);
    std::array<View, 10> views;
    for (std::size_t i = 0; i < views.size(); ++i)
        views[i] = {parts[i / 2], i % 2 == 1};
    return views;
}

}  // namespace overfeat::detect
