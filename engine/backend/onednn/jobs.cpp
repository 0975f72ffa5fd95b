// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/jobs.h"

#include <algorithm>
#include <cstdint>
#include <exception>

#include "engine/backend/onednn/parallel.h"

namespace overfeat::backend {

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
    const auto team = std::min<std::int64_t>(onednn::threadCount(threads), jobs);
    onednn::parallelJobs(jobs, static_cast<int>(team), guarded);
    if (failure) std::rethrow_exception(failure);
}

}  // namespace overfeat::backend
