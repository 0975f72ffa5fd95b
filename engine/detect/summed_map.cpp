// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/summed_map.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/transpose.h"
#include "engine/detect/vector_sums.h"
#include "engine/detect/vectorised.h"

namespace overfeat::detect {
namespace {

// Of a row [columns][channels] of values the sums up to each column, with those of the rows above.
OVERFEAT_VECTORISED
void sumUp(const float* means, const float* above, std::size_t columns, std::size_t channels,
           float* so_far, float* row) {
    std::fill_n(so_far, channels, 0.0F);
    for (std::size_t at = 0; at < columns * channels; at += channels) {
        for (std::size_t c = 0; c < channels; ++c) {
            so_far[c] += row[at + c] - means[c];
            row[at + c] = above[at + c] + so_far[c];
        }
    }
}

// A corner of a rectangle between four places of the table, and what each of them counts.
struct Corner {
    int row;
    int column;
    float down;
    float across;
};

int wholeBelow(double position, int count) {
    return std::clamp(static_cast<int>(position), 0, std::max(count - 1, 0));
}

}  // namespace

void SummedMap::build(std::span<const float> values, std::size_t channels, SizePx cells,
                      bool centred) {
    channels_ = channels;
    cells_ = cells;
    const auto columns = static_cast<std::size_t>(cells.width);
    const auto rows = static_cast<std::size_t>(cells.height);
    const std::size_t row_floats = (columns + 1) * channels;
    means_.assign(channels, 0);
    for (std::size_t c = 0; centred && c < channels; ++c) {
        const auto plane = values.subspan(c * rows * columns, rows * columns);
        means_[c] = sumOf(plane) / static_cast<float>(plane.size());
    }
    so_far_.resize(channels);
    growTo((rows + 1) * row_floats, sums_);
    std::fill_n(sums_.begin(), row_floats, 0.0F);
    for (std::size_t row = 0; row < rows; ++row) {
        float* to = sums_.data() + (row + 1) * row_floats;
        std::fill_n(to, channels, 0.0F);
        to += channels;
        transposed(values.data() + row * columns, rows * columns, channels, columns, to);
        sumUp(means_.data(), to - row_floats, columns, channels, so_far_.data(), to);
    }
}

bool SummedMap::mean(const RectPx& rectangle, std::span<float> mean) const noexcept {
    const double left = std::clamp(rectangle.x, 0.0, static_cast<double>(cells_.width));
    const double right = std::clamp(rectangle.right(), left, static_cast<double>(cells_.width));
    const double top = std::clamp(rectangle.y, 0.0, static_cast<double>(cells_.height));
    const double bottom = std::clamp(rectangle.bottom(), top, static_cast<double>(cells_.height));
    const double area = (right - left) * (bottom - top);
    if (!(area > kLeastArea)) return false;
    const auto corner = [&](double y, double x) {
        const int row = wholeBelow(y, cells_.height);
        const int column = wholeBelow(x, cells_.width);
        return Corner{row, column, static_cast<float>(y - row), static_cast<float>(x - column)};
    };
    const auto scale = static_cast<float>(1 / area);
    const std::array<Corner, 4> corners{corner(bottom, right), corner(top, left),
                                        corner(bottom, left), corner(top, right)};
    std::ranges::fill(mean, 0.0F);
    for (std::size_t i = 0; i < corners.size(); ++i) {
        const Corner& at = corners[i];
        const float sign = i < 2 ? scale : -scale;
        const std::array<float, 4> weights{
            sign * (1 - at.down) * (1 - at.across), sign * (1 - at.down) * at.across,
            sign * at.down * (1 - at.across), sign * at.down * at.across};
        for (std::size_t k = 0; k < weights.size(); ++k) {
            const float weight = weights[k];
            if (weight == 0.0F) continue;
            const float* sum =
                sumAt(at.row + static_cast<int>(k / 2), at.column + static_cast<int>(k % 2));
            addScaled(sum, weight, channels_, mean.data());
        }
    }
    return true;
}

}  // namespace overfeat::detect
