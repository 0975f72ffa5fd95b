// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/scan_space.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/detect/vector_sums.h"
#include "engine/detect/vectorised.h"

namespace overfeat::detect {
namespace {

// Of more vectors only so many are looked at, evenly.
constexpr std::size_t kMostVectors = 4096;
constexpr int kRounds = 6;
constexpr float kNothing = 1e-6F;

// Of so many cells the numbers along a few directions are kept in registers while all channels are
// added to them.
constexpr std::size_t kAtOnce = 8;
constexpr std::size_t kDirectionsAtOnce = 8;
static_assert(kScanChannels % kDirectionsAtOnce == 0);

OVERFEAT_VECTORISED
void alongDirections(const float* values, std::size_t cells, std::span<const float> directions,
                     std::size_t channels, float* to) {
    using Vector = float __attribute__((vector_size(kAtOnce * sizeof(float))));
    for (std::size_t first = 0; first < kScanChannels; first += kDirectionsAtOnce) {
        Vector sums[kDirectionsAtOnce] = {};
        for (std::size_t c = 0; c < channels; ++c) {
            Vector now;
            std::memcpy(&now, values + c * cells, sizeof(Vector));
            for (std::size_t d = 0; d < kDirectionsAtOnce; ++d)
                sums[d] += now * directions[(first + d) * channels + c];
        }
        for (std::size_t d = 0; d < kDirectionsAtOnce; ++d)
            std::memcpy(to + (first + d) * cells, &sums[d], sizeof(Vector));
    }
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
    const auto direction = [&](std::size_t d) {
        return std::span(directions_).subspan(d * channels, channels);
    };
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
            const auto one = direction(d);
            if (round > 0) {
                for (std::size_t c = 0; c < channels; ++c)
                    next[c] = dotOf(std::span(moments).subspan(c * channels, channels), one);
                std::ranges::copy(next, one.begin());
            }
        }
        // Gram-Schmidt; what lies in the others' space is no direction of its own.
        for (std::size_t d = 0; d < wanted; ++d) {
            const auto one = direction(d);
            const float before = std::sqrt(dotOf(one, one));
            for (std::size_t other = 0; other < d; ++other) {
                addScaled(direction(other).data(), -dotOf(one, direction(other)), channels,
                          one.data());
            }
            const float length = std::sqrt(dotOf(one, one));
            const bool own = length > kNothing * std::max(before, kNothing);
            for (std::size_t c = 0; c < channels; ++c)
                one[c] = own ? one[c] / length : 0;
        }
    }
}

void ScanSpace::project(std::span<const float> vector, std::span<float> to) const noexcept {
    for (std::size_t d = 0; d < kScanChannels; ++d)
        to[d] = dotOf(std::span(directions_).subspan(d * channels_, channels_), vector);
}

void ScanSpace::project(std::span<const float> values, std::size_t cells,
                        std::vector<float>& to) const {
    growTo(kScanChannels * cells, to);
    const auto some = [&](std::size_t first) {
        alongDirections(values.data() + first, cells, directions_, channels_, to.data() + first);
    };
    for (std::size_t first = 0; first + kAtOnce <= cells; first += kAtOnce)
        some(first);
    // The last ones once more, with those before them.
    if (cells >= kAtOnce) {
        if (cells % kAtOnce > 0) some(cells - kAtOnce);
        return;
    }
    std::ranges::fill(to, 0.0F);
    for (std::size_t c = 0; c < channels_; ++c) {
        for (std::size_t d = 0; d < kScanChannels; ++d) {
            addScaled(values.data() + c * cells, directions_[d * channels_ + c], cells,
                      to.data() + d * cells);
        }
    }
}

}  // namespace overfeat::detect
