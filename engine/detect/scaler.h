// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/backend/picture.h"
#include "engine/detect/pixel_view.h"

namespace overfeat::detect {

// Pictures at another size: each axis on its own by the mean over areas where it gets smaller
// (nothing aliases), bilinearly where it gets larger. Coordinates map edge to edge.
//
// Keeps its buffers. Threads: one at a time, which lends its team (core/jobs.h).
class Scaler {
public:
    explicit Scaler(int threads) : threads_(threads) {}

    // Finished rows are handed on, in any order and from several threads: the number of the row and
    // `to.width` pixels of four floats each (red, green, blue and one that means nothing), 0..255.
    using Row = std::function<void(int, const float*)>;
    void scale(const PixelView& from, SizePx to, const Row& row);

    // What scale() would sum up, for a device that does it itself; nothing is normalised or
    // mirrored. Valid until the next call.
    backend::Resizing resizing(SizePx from, SizePx to);

private:
    // backend::AxisTaps of its own.
    struct Taps {
        std::vector<std::int32_t> first;
        std::vector<std::int32_t> count;
        std::vector<float> weights;
        std::size_t most = 0;

        void make(int from, int to);
        const float* of(std::size_t pixel) const { return weights.data() + pixel * most; }
        backend::AxisTaps view() const { return {first, count, weights, most}; }
    };

    void scaleRows(const PixelView& from, std::size_t begin, std::size_t end, float* buffer,
                   const Row& row) const;

    int threads_;
    Taps across_;
    Taps down_;
    std::vector<float> buffers_;
};

}  // namespace overfeat::detect
