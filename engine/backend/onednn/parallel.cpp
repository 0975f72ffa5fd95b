// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/parallel.h"

#include <omp.h>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace overfeat::backend::onednn {
namespace {

#if defined(__SSE__)
constexpr unsigned kFlushToZero = 0x8000;
constexpr unsigned kDenormalsAreZero = 0x0040;

unsigned floatMode() noexcept {
    return _mm_getcsr();
}
void setFloatMode(unsigned mode) noexcept {
    _mm_setcsr(mode);
}
unsigned withoutDenormals(unsigned mode) noexcept {
    return mode | kFlushToZero | kDenormalsAreZero;
}
#else
unsigned floatMode() noexcept {
    return 0;
}
void setFloatMode(unsigned /*mode*/) noexcept {}
unsigned withoutDenormals(unsigned mode) noexcept {
    return mode;
}
#endif

// Every thread of the team has a mode of its own. The workers belong to the calling thread, so they
// need not be restored: nobody else computes on them.
void setTeamMode(int threads, unsigned mode) noexcept {
    parallelFor(threads, [mode](std::int64_t) { setFloatMode(mode); });
}

}  // namespace

int teamSize() noexcept {
    return omp_get_max_threads();
}

ComputeScope::ComputeScope(int threads) noexcept
    : previous_threads_(omp_get_max_threads()), previous_mode_(floatMode()) {
    if (threads != previous_threads_) omp_set_num_threads(threads);
    setTeamMode(threads, withoutDenormals(previous_mode_));
}

ComputeScope::~ComputeScope() {
    if (omp_get_max_threads() != previous_threads_) omp_set_num_threads(previous_threads_);
    setFloatMode(previous_mode_);
}

}  // namespace overfeat::backend::onednn
