// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/core/geometry.h"
#include "engine/detect/pixel_view.h"

namespace overfeat::detect {

// The point `from` of a picture comes to lie at `to`, and what is around it is turned about it,
// clockwise.
struct Turn {
    double degrees = 0;
    PointPx from;
    PointPx to;
};
// So much of the turned picture, [height][width] of RGB, bilinear. Outside of the picture its
// outermost pixels go on.
void showTurned(const PixelView& picture, const Turn& turn, SizePx size, std::uint8_t* rgb);

}  // namespace overfeat::detect
