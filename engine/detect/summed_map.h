// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/core/geometry.h"

namespace overfeat::detect {

// Means of a map of features over any rectangle in constant time: a summed-area table (Crow 1984)
// of every channel, the channels of a place side by side.
// Threads: one at a time. Keeps its memory.
class SummedMap {
public:
    // Less of a map than this, in cells, says nothing: its sum is mostly rounding.
    static constexpr double kLeastArea = 0.1;

    // `values` is [channels][rows][columns]. With `centred` of every channel its mean over the map
    // is taken away first.
    void build(std::span<const float> values, std::size_t channels, SizePx cells,
               bool centred = false);

    std::size_t channels() const noexcept { return channels_; }
    SizePx cells() const noexcept { return cells_; }

    // The sums up to a row of cells, [columns + 1][channels]; `row` from 0 to the number of rows.
    const float* row(std::size_t row) const noexcept { return sumAt(static_cast<int>(row), 0); }

    // The mean over a rectangle in cells: cell (row, column) covers [column, column + 1) x
    // [row, row + 1), and edges may cut through cells. What reaches over the map is left out.
    // False, and nothing is written, if no more than kLeastArea is left. `mean` has channels()
    // values.
    bool mean(const RectPx& rectangle, std::span<float> mean) const noexcept;

private:
    const float* sumAt(int row, int column) const noexcept {
        return sums_.data() +
               (static_cast<std::size_t>(row) * (static_cast<std::size_t>(cells_.width) + 1) +
                static_cast<std::size_t>(column)) *
                   channels_;
    }

    std::size_t channels_ = 0;
    SizePx cells_;
    std::vector<float> means_;
    std::vector<float> so_far_;
    std::vector<float> sums_;  // [rows + 1][columns + 1][channels]
};

}  // namespace overfeat::detect
