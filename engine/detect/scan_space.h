// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/core/geometry.h"

namespace overfeat::detect {

// So many numbers of a cell are enough to see whether it is worth looking closer.
inline constexpr std::size_t kScanChannels = 16;

// The few directions in which features of what is looked for differ most, and features along them.
// Their cosines there are about those of all channels.
class ScanSpace {
public:
    // `vectors` is [n][channels]. The directions are those of the largest eigenvalues of their
    // second moments, by subspace iteration (Golub and Van Loan, 8.2.4); the same for the same
    // vectors.
    void fit(std::span<const float> vectors, std::size_t channels);

    // One vector: kScanChannels numbers.
    void project(std::span<const float> vector, std::span<float> to) const noexcept;
    // A map: [channels][cells] becomes [kScanChannels][cells].
    void project(std::span<const float> values, std::size_t cells, std::vector<float>& to) const;

private:
    std::size_t channels_ = 0;
    std::vector<float> directions_;  // [kScanChannels][channels]; zeros where there are no more
};

}  // namespace overfeat::detect
