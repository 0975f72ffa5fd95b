// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace overfeat {

// As many threads as `wanted`, or, if that is 0, as many as this process may use. At least one.
int threadCount(int wanted) noexcept;

// Calls job(0) to job(count - 1), in about that order, on the calling thread's team: the one OpenMP
// keeps for it and that backends on the processor compute with, so that there is one pool and not
// two. `threads` as for threadCount(). Returns when all are done; what a job throws is thrown on
// (of several, one).
void runJobs(std::size_t count, int threads, const std::function<void(std::size_t)>& job);

}  // namespace overfeat
