// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/core/geometry.h"
#include "engine/net/graph.h"

namespace overfeat::detect {

// How many levels, and the shorter side of the smallest and of the largest in window sides.
struct PyramidScales {
    int count = 1;
    double smallest_side_windows = 1;
    double largest_side_windows = 1;

    bool operator==(const PyramidScales&) const = default;
};

// Limits of a level, so that no picture, however odd its shape, asks for an absurd amount of work.
// The longer side of a level is at most this many times its shorter side: a picture that is more
// elongated is squeezed along its longer side.
inline constexpr double kMaxLevelAspect = 16;
// A level covers at most this many window areas; larger ones are shrunk.
inline constexpr double kMaxLevelWindowAreas = 128;
// The largest level is the picture's own resolution: there is nothing finer in it to find, and a
// window on an enlarged one shows less of its object, blurred, than windows did in training. Only a
// picture that is hardly larger than a window is enlarged, to this many windows and by no more than
// this, so that windows have some places in it, or by what it takes to fill one. (On 64-pixel
// pictures one level at 1.5 costs the shipped network 3 points of top-1 against the picture as it
// is, one at 2 costs 15; models/README.md.)
inline constexpr double kMaxEnlargement = 1.5;

// The sizes to which a frame is resized, smallest first, spaced geometrically (OverFeat table 5)
// from the smallest to the largest, or to what the limits leave of the largest.
//
// Every side is window_px + k * stride_px, k >= 0, so that the windows of a level tile the whole
// picture, from edge to edge; for that the two axes are scaled by slightly different factors, and
// each level carries its own (toFrame below). Levels that come out equal are listed once, so there
// may be fewer than scales.count, but never none. Requires a frame of at least 1x1.
std::vector<SizePx> pyramidSizes(SizePx frame, int window_px, net::Extent2 stride_px,
                                 const PyramidScales& scales);

// A rectangle of a level in the coordinates of the frame that was resized to it. Both cover the
// same scene from edge to edge, so this is exact, not rounded to pixels.
RectPx toFrame(const RectPx& in_level, SizePx level, SizePx frame) noexcept;

}  // namespace overfeat::detect
