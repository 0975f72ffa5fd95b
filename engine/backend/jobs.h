// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace overfeat::backend {

// Calls job(0) to job(count - 1), in about that order, on the threads that plans of the calling
// thread run on, so that there is one pool and not two. `threads`: at most so many; 0 = as many as
// the machine has cores. Returns when all are done; what a job throws is thrown on (of several,
// one).
void runJobs(std::size_t count, int threads, const std::function<void(std::size_t)>& job);

}  // namespace overfeat::backend
