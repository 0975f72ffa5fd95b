// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/image.h"
#include "engine/detect/filtered_view.h"
#include "engine/detect/pixel_view.h"
#include "engine/net/model.h"

namespace overfeat::detect {

// Resizes a picture to the levels of its pyramid, or parts of it to the window: by averaging areas
// where it gets smaller (nothing aliases), bilinearly where it gets larger, each axis on its own.
// Coordinates map edge to edge (core/geometry.h).
//
// Keeps its buffers, so that a stream of equal pictures allocates nothing here; OpenCV, which does
// the arithmetic, allocates its interpolation tables.
// Threads: one at a time.
class Resampler {
public:
    // The picture the next calls are about; it must outlive them. If it is more than twice as large
    // as `largest`, the largest size that will be asked of whole(), it is averaged once to exactly
    // twice that size, so that a 20-megapixel picture is read once and not once per level.
    // An empty `largest` keeps the picture as it is.
    void begin(const Image& image, SizePx largest);

    // The whole picture at another size. Valid until the next call.
    PixelView whole(SizePx size);
    // A part of it, likewise. Not to be used after a begin() with a `largest`.
    PixelView part(const PixelRect& part, SizePx size);
    // What classifiers are measured on (FilteredView), likewise.
    PixelView centre(double crop, int window_px);

private:
    PixelView resized(const PixelView& from, SizePx size, std::vector<std::uint8_t>& to);

    PixelView source_;
    std::vector<std::uint8_t> shared_;
    std::vector<std::uint8_t> one_axis_;
    std::vector<std::uint8_t> result_;
    FilteredView filtered_;
};

// Writes pixels as a network wants them: planes in the order R, G, B, (value - mean) / std.
class Normaliser {
public:
    // Throws Error(kModel) if a mean is not finite or a std is not a positive number.
    explicit Normaliser(const net::Normalisation& normalisation);

    // `planes` holds 3 * height * width floats. `mirrored` swaps left and right.
    void write(const PixelView& pixels, bool mirrored, std::span<float> planes) const noexcept;

private:
    // The value of every byte per channel: as fast as multiplying, and exact.
    std::array<std::array<float, 256>, 3> value_of_byte_;
};

}  // namespace overfeat::detect
