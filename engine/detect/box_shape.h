// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/geometry.h"

namespace overfeat::detect {

// A box with what comparing it needs again and again. Single precision, in pixels: two boxes of a
// picture of 10,000 pixels are still placed to a thousandth of a pixel.
struct BoxShape {
    float x2 = 0;  // of the centre, twice
    float y2 = 0;
    float width = 0;
    float height = 0;
    float area = 0;
    float diagonal = 0;
};

// Within a range whose squares are floats; NaN becomes the lower end.
inline float bounded(double value, double low) noexcept {
    constexpr double kHigh = 1e12;
    return static_cast<float>(std::min(std::max(low, value), kHigh));
}

inline BoxShape shapeOf(const RectPx& box) noexcept {
    const float width = bounded(box.width, 0);
    const float height = bounded(box.height, 0);
    return {.x2 = bounded(2 * box.x + box.width, -1e12),
            .y2 = bounded(2 * box.y + box.height, -1e12),
            .width = width,
            .height = height,
            .area = width * height,
            .diagonal = std::sqrt(width * width + height * height)};
}

// The length that two intervals share whose centres are half of `apart2` apart.
inline float sharedLength(float a, float b, float apart2) noexcept {
    return std::max(std::min(std::min(a, b), (a + b - apart2) / 2), 0.0F);
}

// The match score (merge_votes.h) from sums of diagonals and of areas.
//
// Every step grows with the distance and with the sums and falls with the common lengths, and so
// does its rounding. Bounds for those are therefore exact bounds for the score. No branches: the
// compiler compares several boxes at once.
inline float matchOf(float apart_x2, float apart_y2, float common_width, float common_height,
                     float diagonals, float areas) noexcept {
    constexpr float kTiny = std::numeric_limits<float>::min();
    const float apart2 = std::sqrt(apart_x2 * apart_x2 + apart_y2 * apart_y2);
    const float common = common_width * common_height;
    return apart2 / std::max(diagonals, kTiny) + (1 - common / std::max(areas - common, kTiny));
}

inline float matchOf(const BoxShape& a, const BoxShape& b) noexcept {
    const float x2 = std::abs(a.x2 - b.x2);
    const float y2 = std::abs(a.y2 - b.y2);
    return matchOf(x2, y2, sharedLength(a.width, b.width, x2), sharedLength(a.height, b.height, y2),
                   a.diagonal + b.diagonal, a.area + b.area);
}

}  // namespace overfeat::detect
