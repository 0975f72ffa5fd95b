// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

#include "engine/core/jobs.h"

namespace overfeat::detect {

inline std::size_t bandCount(std::size_t total, int threads) noexcept {
    return std::min(static_cast<std::size_t>(threadCount(threads)), total);
}

// Calls body(band, begin, end) for about equal parts of [0, total), one for each thread
// (core/jobs.h). Allocates nothing.
template <class Body>
void inBands(std::size_t total, int threads, const Body& body) {
    const std::size_t bands = bandCount(total, threads);
    const auto band = [&](std::size_t i) { body(i, total * i / bands, total * (i + 1) / bands); };
    // By reference, which std::function keeps without an allocation.
    runJobs(bands, threads, std::ref(band));
}

}  // namespace overfeat::detect
