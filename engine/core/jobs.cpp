// SPDX-License-Identifier: Apache-2.0
//
// Compiled with OpenMP, the only source of this room that is.
#include "engine/core/jobs.h"

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <exception>

namespace overfeat {

int threadCount(int wanted) noexcept {
    return std::max(1, wanted > 0 ? wanted : omp_get_num_procs());
}

void runJobs(std::size_t count, int threads, const std::function<void(std::size_t)>& job) {
    std::exception_ptr failure;
    const auto guarded = [&](std::int64_t i) noexcept {
        try {
            job(static_cast<std::size_t>(i));
        } catch (...) {
#pragma omp critical(overfeat_job_failure)
            failure = std::current_exception();
        }
    };
    const auto jobs = static_cast<std::int64_t>(count);
#if defined(__SANITIZE_THREAD__)
    // The OpenMP runtime is not built for the thread sanitizer, which cannot see its barriers and
    // would report every loop.
    static_cast<void>(threads);
    for (std::int64_t i = 0; i < jobs; ++i)
        guarded(i);
#else
    // The whole team, also for fewer jobs: GCC's runtime ends the threads that a smaller one leaves
    // out, and the next larger team, a layer's, would have to start them again in every frame.
    const int team = threadCount(threads);
#pragma omp parallel for schedule(dynamic) num_threads(team) if (jobs > 1)
    for (std::int64_t i = 0; i < jobs; ++i)
        guarded(i);
#endif
    if (failure) std::rethrow_exception(failure);
}

}  // namespace overfeat
