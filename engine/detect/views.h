// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "engine/detect/resampler.h"

namespace overfeat::detect {

// Parts of a picture that are looked at as one window each. They are cut from the picture before
// they are scaled, which shows the network the same as scaling first and costs nothing for a
// picture of 1 x 100,000 pixels.

// A square in the middle. Its side is `crop` times the picture's shorter side: 1 shows as much as
// there is, and classifiers are measured on less (net::Model::crop).
PixelRect centreView(SizePx frame, double crop = 1) noexcept;

// Four corners and the centre of the picture whose shorter side is 256/224 windows (Krizhevsky et
// al. 2012; OverFeat section 3.3 compares with it).
std::array<PixelRect, 5> fiveViews(SizePx frame) noexcept;

struct View {
    PixelRect part;
    bool mirrored = false;
};
// The five, each followed by itself in the mirror.
std::array<View, 10> tenViews(SizePx frame) noexcept;

}  // namespace overfeat::detect
