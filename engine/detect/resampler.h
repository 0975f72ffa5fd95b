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
#include "engine/detect/scaler.h"
#include "engine/net/model.h"

namespace overfeat::detect {

// Writes pixels as a network wants them: planes in the order R, G, B, (value - mean) / std.
class Normaliser {
public:
    // Throws Error(kModel) if a mean is not finite or a std is not a positive number.
    explicit Normaliser(const net::Normalisation& normalisation);

    // `planes` holds 3 * height * width floats. `mirrored` swaps left and right.
    void write(const PixelView& pixels, bool mirrored, std::span<float> planes) const noexcept;
    // Likewise one row of a picture of `size`, whose pixels are four floats each (Scaler).
    void writeRow(const float* pixels, SizePx size, int row, bool mirrored,
                  std::span<float> planes) const noexcept;

    // (value - mean) * factor is what writeRow() writes, per channel.
    const std::array<float, 3>& mean() const noexcept { return mean_; }
    const std::array<float, 3>& factor() const noexcept { return factor_; }

private:
    // The value of every byte per channel: as fast as multiplying, and exact.
    std::array<std::array<float, 256>, 3> value_of_byte_;
    std::array<float, 3> mean_;
    std::array<float, 3> factor_;  // 1 / std
};

// Resizes a picture to the levels of its pyramid, or parts of it to the window (Scaler).
//
// Keeps its buffers, so that a stream of equal pictures allocates nothing.
// Threads: one at a time, which lends its team.
class Resampler {
public:
    // As many threads as `threads` (core/jobs.h).
    explicit Resampler(int threads = 1) : scaler_(threads) {}

    // The picture the next calls are about; it must outlive them. If it has more than twice
    // the pixels of one that is twice as large as `largest`, the largest size that will be asked of
    // whole(), it is averaged once to exactly twice that size, so that a 20-megapixel picture is
    // read once and not once per level.
    // An empty `largest` keeps the picture as it is.
    void begin(const Image& image, SizePx largest);

    // The whole picture at another size. Valid until the next call.
    PixelView whole(SizePx size);
    // The same, straight into the planes a network reads, and not rounded to bytes.
    void write(SizePx size, const Normaliser& normaliser, bool mirrored, std::span<float> planes);
    // What write() does, for a device that does it itself, of source(). Valid until the next call.
    backend::Resizing resizing(SizePx size, const Normaliser& normaliser, bool mirrored);
    // The picture, or what it was averaged to. Valid until the next begin().
    const PixelView& source() const noexcept { return source_; }
    // A part of it, likewise. Not to be used after a begin() with a `largest`.
    PixelView part(const PixelRect& part, SizePx size);
    // What classifiers are measured on (FilteredView), likewise.
    PixelView centre(double crop, int window_px);

private:
    PixelView resized(const PixelView& from, SizePx size, std::vector<std::uint8_t>& to);

    PixelView source_;
    Scaler scaler_;
    std::vector<std::uint8_t> shared_;
    std::vector<std::uint8_t> result_;
    FilteredView filtered_;
};

}  // namespace overfeat::detect
