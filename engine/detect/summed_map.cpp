// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/summed_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "engine/detect/vector_sums.h"

namespace overfeat::detect {
namespace {

// Transposes so many channels at a time: their planes and the places written stay in the cache.
constexpr std::size_t kBlock = 16;

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
        means_[c] =
            std::accumulate(plane.begin(), plane.end(), 0.0F) / static_cast<float>(plane.size());
    }
    sums_.resize((rows + 1) * row_floats);
    std::fill_n(sums_.begin(), row_floats, 0.0F);
    for (std::size_t row = 0; row < rows; ++row) {
        float* to = sums_.data() + (row + 1) * row_floats;
        std::fill_n(to, channels, 0.0F);
        for (std::size_t first = 0; first < channels; first += kBlock) {
            const std::size_t count = std::min(kBlock, channels - first);
            for (std::size_t column = 0; column < columns; ++column) {
                float* here = to + (column + 1) * channels + first;
                const float* left = here - channels;
                for (std::size_t c = 0; c < count; ++c)
                    here[c] = left[c] - means_[first + c] +
                              values[((first + c) * rows + row) * columns + column];
            }
        }
        const float* above = to - row_floats;
        for (std::size_t i = 0; i < row_floats; ++i)
            to[i] += above[i];
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
