// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/score_head.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

namespace overfeat::detect {

bool ScoreHead::apply(std::span<const float> raw, std::size_t classes, bool already_probabilities,
                      std::span<float> probabilities) {
    if (!allFinite(raw)) return false;
    if (already_probabilities) {
        std::ranges::copy(raw, probabilities.begin());
        return true;
    }
    // Class by class over all cells, because that is how the values lie in memory.
    const std::size_t cells = classes > 0 ? raw.size() / classes : 0;
    highest_.assign(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(cells));
    for (std::size_t k = 1; k < classes; ++k) {
        const float* plane = raw.data() + k * cells;
        for (std::size_t i = 0; i < cells; ++i)
            highest_[i] = std::max(highest_[i], plane[i]);
    }
    sum_.assign(cells, 0);
    for (std::size_t k = 0; k < classes; ++k) {
        const float* plane = raw.data() + k * cells;
        float* out = probabilities.data() + k * cells;
        for (std::size_t i = 0; i < cells; ++i) {
            out[i] = std::exp(plane[i] - highest_[i]);
            sum_[i] += out[i];
        }
    }
    for (float& sum : sum_)
        sum = 1 / sum;
    for (std::size_t k = 0; k < classes; ++k) {
        float* out = probabilities.data() + k * cells;
        for (std::size_t i = 0; i < cells; ++i)
            out[i] *= sum_[i];
    }
    return true;
}

bool allFinite(std::span<const float> values) noexcept {
    // All exponent bits set means infinite or not a number. Counting instead of stopping at the
    // first one lets the compiler use vector instructions.
    constexpr std::uint32_t kExponent = 0x7F800000U;
    std::uint32_t bad = 0;
    for (const float value : values) {
        bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(value) & kExponent) ==
                                          kExponent);
    }
    return bad == 0;
}

RectPx boxFromWindow(const RectPx& window, float x1, float y1, float x2, float y2,
                     bool mirrored) noexcept {
    if (mirrored) {
        x1 = 1 - x1;
        x2 = 1 - x2;
    }
    if (x1 > x2) std::swap(x1, x2);
    if (y1 > y2) std::swap(y1, y2);
    return {window.x + static_cast<double>(x1) * window.width,
            window.y + static_cast<double>(y1) * window.height,
            (static_cast<double>(x2) - static_cast<double>(x1)) * window.width,
            (static_cast<double>(y2) - static_cast<double>(y1)) * window.height};
}

}  // namespace overfeat::detect
