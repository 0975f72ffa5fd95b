// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace overfeat::detect {

// Scratch memory for so many numbers at least. It never shrinks: what is added to a vector is
// zeroed, and of levels that take turns every larger one would be, in every frame.
template <class Number>
void growTo(std::size_t count, std::vector<Number>& scratch) {
    if (scratch.size() < count) scratch.resize(count);
}

// Loops over many numbers, as vector instructions and in whatever order.

// The sum of products; both have as many numbers.
float dotOf(std::span<const float> a, std::span<const float> b) noexcept;
float sumOf(std::span<const float> values) noexcept;
// Divides by the length, if there is any.
void makeUnit(std::span<float> values) noexcept;
// to += from * scale, of so many numbers.
void addScaled(const float* from, float scale, std::size_t count, float* to) noexcept;
// to = 1 / (1 + exp(-values * slope)), good to some millionths of it; both have as many numbers.
void logisticsOf(std::span<const float> values, float slope, std::span<float> to) noexcept;

}  // namespace overfeat::detect
