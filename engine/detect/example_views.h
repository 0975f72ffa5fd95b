// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/taught_classes.h"
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

// An example is also shown turned about its middle, by so many degrees clockwise, at the middle one
// of its sizes: parts are compared where they are, so what is turned has to be compared with that.
inline constexpr double kExampleTurns[] = {-30, -15, 15, 30};
// How many of an embedding's rows show it as it was captured; those behind them show it turned.
std::size_t uprightRows(const ExampleEmbedding& example) noexcept;
// By how much such a row, from 0, shows it turned; 0 for one that shows it upright.
double degreesOf(const ExampleEmbedding& example, std::size_t row) noexcept;
// The box of a turned object, of the same shape and middle: as large as halfway between that of a
// turned rectangle, which few objects fill to the corners, and that of a turned ellipse.
RectPx turnedBox(const RectPx& box, double degrees) noexcept;
// What bounds an object that was found by the box of it turned: `found` is as turnedBox() makes
// them, `aspect` the upright object's height by width, positive. It is that of a turned rectangle,
// for what is turned is found by a box that is too small (README.md). Upright it is `found` itself.
RectPx turnedBounds(const RectPx& found, double aspect, double degrees) noexcept;

// The object filling a window, as classifiers see theirs: a square of `factor` times its longer
// side, as far as the picture has one.
ExampleView windowView(SizePx picture, const RectPx& box, int window_px, double factor);
inline constexpr double kWindowFactors[] = {1.12, 1, 1.25};

}  // namespace overfeat::detect
