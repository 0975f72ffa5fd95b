// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace overfeat::backend::onednn {

// Calls body(i) for 0 <= i < count on the threads of the enclosing ComputeScope: the same OpenMP
// team that oneDNN uses, so that there is one pool and not two.
template <class Body>
void parallelFor(std::int64_t count, const Body& body) {
#if defined(__SANITIZE_THREAD__)
    // The OpenMP runtime is not built for the thread sanitizer, which cannot see its barriers and
    // would report every loop.
    for (std::int64_t i = 0; i < count; ++i)
        body(i);
#else
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < count; ++i)
        body(i);
#endif
}

// The threads of the enclosing ComputeScope.
int teamSize() noexcept;

// While it lives, the calling thread computes with `threads` threads, and all of them treat
// denormal numbers as zero (they cost up to a hundred times as much and mean nothing here).
class ComputeScope {
public:
    explicit ComputeScope(int threads) noexcept;
    ~ComputeScope();
    ComputeScope(const ComputeScope&) = delete;
    ComputeScope& operator=(const ComputeScope&) = delete;

private:
    int previous_threads_;
    unsigned previous_mode_;
};

}  // namespace overfeat::backend::onednn
