// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/vector_sums.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "engine/detect/vectorised.h"

namespace overfeat::detect {
namespace {

OVERFEAT_VECTORISED
float dot(const float* a, const float* b, std::size_t count) {
    float sum = 0;
    for (std::size_t i = 0; i < count; ++i)
        sum += a[i] * b[i];
    return sum;
}

OVERFEAT_VECTORISED
float sum(const float* values, std::size_t count) {
    float all = 0;
    for (std::size_t i = 0; i < count; ++i)
        all += values[i];
    return all;
}

OVERFEAT_VECTORISED
void add(const float* from, float scale, std::size_t count, float* to) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] += from[i] * scale;
}

// e^x is a power of two, by its bits, times what is left, by the series.
OVERFEAT_VECTORISED
void logistics(const float* values, float slope, std::size_t count, float* to) {
    constexpr float kMostPowers = 100;
    constexpr auto kLn2 = std::numbers::ln2_v<float>;
    const float powers_per_unit = -slope / kLn2;
    for (std::size_t i = 0; i < count; ++i) {
        const float wanted = values[i] * powers_per_unit;
        const float powers =
            kMostPowers + std::min(std::max(wanted, -kMostPowers), kMostPowers);  // not negative
        // A call of lround() would keep this from being done for several at once.
        // NOLINTNEXTLINE(bugprone-incorrect-roundings)
        const auto whole = static_cast<std::int32_t>(powers + 0.5F);
        const float x = (powers - static_cast<float>(whole)) * kLn2;
        const float rest =
            1 + x * (1 + x * (1 / 2.0F + x * (1 / 6.0F + x * (1 / 24.0F + x / 120.0F))));
        const auto power = std::bit_cast<float>((whole - 100 + 127) << 23);
        to[i] = 1 / (1 + rest * power);
    }
}

}  // namespace

float dotOf(std::span<const float> a, std::span<const float> b) noexcept {
    return dot(a.data(), b.data(), a.size());
}

float sumOf(std::span<const float> values) noexcept {
    return sum(values.data(), values.size());
}

void makeUnit(std::span<float> values) noexcept {
    constexpr float kNothing = 1e-6F;
    const float length = std::sqrt(dotOf(values, values));
    if (length < kNothing) return;
    for (float& value : values)
        value /= length;
}

void addScaled(const float* from, float scale, std::size_t count, float* to) noexcept {
    add(from, scale, count, to);
}

void logisticsOf(std::span<const float> values, float slope, std::span<float> to) noexcept {
    logistics(values.data(), slope, values.size(), to.data());
}

}  // namespace overfeat::detect
