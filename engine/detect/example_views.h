// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/core/geometry.h"
#include "engine/detect/resampler.h"

namespace overfeat::detect {

// One way of showing an example to the network: a part of its picture, resized, in a square.
struct ExampleView {
    PixelRect part;  // of the picture
    SizePx size;     // to which it is resized
    PointPx offset;  // its corner in the square, whole pixels
    RectPx box;      // the object in the square
};

// The sizes an object is learnt at: so many cells of the sharp map is its longer side. In between,
// embeddings change little (README.md).
inline constexpr double kExampleSides[] = {4.5, 7, 11};
// A picture is not enlarged by more than this, or the network would learn what blur looks like.
inline constexpr double kExampleEnlargement = 2;

// The object in the middle as far as the picture reaches, and as much of its surroundings as there
// is room for. `square_px` is the side of the squares, `cell_px` the distance of the sharp map's
// cells. At least one view, at most one for each of kExampleSides.
std::vector<ExampleView> exampleViews(SizePx picture, const RectPx& box, int square_px,
                                      double cell_px);

// The object filling a window, as classifiers see theirs: a square of `factor` times its longer
// side, as far as the picture has one.
ExampleView windowView(SizePx picture, const RectPx& box, int window_px, double factor);
inline constexpr double kWindowFactors[] = {1.12, 1, 1.25};

}  // namespace overfeat::detect
