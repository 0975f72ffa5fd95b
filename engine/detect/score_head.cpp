// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/score_head.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

#include "engine/detect/bands.h"

namespace overfeat::detect {
namespace {

struct ScorePlanes {
    const float* raw;
    float* probabilities;
    std::size_t classes;
    std::size_t cells;
};

// Of the cells from `begin` to `end`, class by class, because that is how the values lie in memory.
void softmax(const ScorePlanes& planes, std::size_t begin, std::size_t end, float* highest,
             float* sum) {
    const std::size_t cells = planes.cells;
    std::copy(planes.raw + begin, planes.raw + end, highest + begin);
    for (std::size_t k = 1; k < planes.classes; ++k) {
        const float* plane = planes.raw + k * cells;
        for (std::size_t i = begin; i < end; ++i)
            highest[i] = std::max(highest[i], plane[i]);
    }
    std::fill(sum + begin, sum + end, 0.0F);
    for (std::size_t k = 0; k < planes.classes; ++k) {
        const float* plane = planes.raw + k * cells;
        float* out = planes.probabilities + k * cells;
        for (std::size_t i = begin; i < end; ++i) {
            out[i] = std::exp(plane[i] - highest[i]);
            sum[i] += out[i];
        }
    }
    for (std::size_t i = begin; i < end; ++i)
        sum[i] = 1 / sum[i];
    for (std::size_t k = 0; k < planes.classes; ++k) {
        float* out = planes.probabilities + k * cells;
        for (std::size_t i = begin; i < end; ++i)
            out[i] *= sum[i];
    }
}

}  // namespace

bool ScoreHead::apply(std::span<const float> raw, std::size_t classes, bool already_probabilities,
                      std::span<float> probabilities) {
    if (!allFinite(raw)) return false;
    if (already_probabilities) {
        std::ranges::copy(raw, probabilities.begin());
        return true;
    }
    const std::size_t cells = classes > 0 ? raw.size() / classes : 0;
    highest_.resize(cells);
    sum_.resize(cells);
    inBands(cells, threads_, [&](std::size_t, std::size_t begin, std::size_t end) {
        softmax({raw.data(), probabilities.data(), classes, cells}, begin, end, highest_.data(),
                sum_.data());
    });
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
