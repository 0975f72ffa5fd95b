// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/scan_space.h"

#include <algorithm>
#include <cmath>

#include "engine/detect/vectorised.h"

namespace overfeat::detect {
namespace {

// Of more vectors only so many are looked at, evenly.
constexpr std::size_t kMostVectors = 4096;
constexpr int kRounds = 6;
constexpr float kNothing = 1e-6F;

OVERFEAT_VECTORISED
void addScaled(const float* from, float scale, std::size_t count, float* to) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] += from[i] * scale;
}

OVERFEAT_VECTORISED
float dot(const float* a, const float* b, std::size_t count) {
    float sum = 0;
    for (std::size_t i = 0; i < count; ++i)
        sum += a[i] * b[i];
    return sum;
}

}  // namespace

void ScanSpace::fit(std::span<const float> vectors, std::size_t channels) {
    channels_ = channels;
    directions_.assign(kScanChannels * channels, 0);
    if (channels == 0) return;
    const std::size_t count = vectors.size() / channels;
    const std::size_t step = std::max<std::size_t>(1, count / kMostVectors);
    std::vector<float> moments(channels * channels);
    for (std::size_t i = 0; i < count; i += step) {
        const float* vector = vectors.data() + i * channels;
        for (std::size_t c = 0; c < channels; ++c)
            addScaled(vector, vector[c], channels, moments.data() + c * channels);
    }
    const std::size_t wanted = std::min(kScanChannels, channels);
    const auto direction = [&](std::size_t d) { return directions_.data() + d * channels; };
    // Any start that no direction is orthogonal to.
    for (std::size_t d = 0; d < wanted; ++d) {
        for (std::size_t c = 0; c < channels; ++c) {
            direction(d)[c] =
                c % wanted == d ? 1.0F : 0.1F * std::sin(static_cast<float>((d + 1) * (c + 1)));
        }
    }
    std::vector<float> next(channels);
    for (int round = 0; round <= kRounds; ++round) {
        for (std::size_t d = 0; d < wanted; ++d) {
            float* one = direction(d);
            if (round > 0) {
                for (std::size_t c = 0; c < channels; ++c)
                    next[c] = dot(moments.data() + c * channels, one, channels);
                std::ranges::copy(next, one);
            }
        }
        // Gram-Schmidt; what lies in the others' space is no direction of its own.
        for (std::size_t d = 0; d < wanted; ++d) {
            float* one = direction(d);
            const float before = std::sqrt(dot(one, one, channels));
            for (std::size_t other = 0; other < d; ++other)
                addScaled(direction(other), -dot(one, direction(other), channels), channels, one);
            const float length = std::sqrt(dot(one, one, channels));
            const bool own = length > kNothing * std::max(before, kNothing);
            for (std::size_t c = 0; c < channels; ++c)
                one[c] = own ? one[c] / length : 0;
        }
    }
}

void ScanSpace::project(std::span<const float> vector, std::span<float> to) const noexcept {
    for (std::size_t d = 0; d < kScanChannels; ++d)
        to[d] = dot(directions_.data() + d * channels_, vector.data(), channels_);
}

void ScanSpace::project(std::span<const float> values, std::size_t cells,
                        std::vector<float>& to) const {
    to.assign(kScanChannels * cells, 0);
    for (std::size_t c = 0; c < channels_; ++c) {
        for (std::size_t d = 0; d < kScanChannels; ++d) {
            addScaled(values.data() + c * cells, directions_[d * channels_ + c], cells,
                      to.data() + d * cells);
        }
    }
}

}  // namespace overfeat::detect
