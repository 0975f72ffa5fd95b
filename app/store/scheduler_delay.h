// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>

namespace overfeat::store {

using SchedulerDelay = std::optional<std::chrono::nanoseconds>;

// How long the threads of a process have been ready to run and did not, all together: the second
// number of each `schedstat` (Documentation/scheduler/sched-stats of the Linux kernel). Nothing
// where the kernel does not tell.
SchedulerDelay schedulerDelay(const std::filesystem::path& tasks = "/proc/self/task");

// Whether others want the processors that the threads of this process want. Asked once every
// `interval`.
class CrowdedByKernel {
public:
    explicit CrowdedByKernel(
        std::chrono::nanoseconds interval,
        std::function<SchedulerDelay()> delay = [] { return schedulerDelay(); });
    bool operator()();

    // Of an interval, over all threads. Others that compute take more than this; a window that
    // paints its pictures and a camera that is read take less.
    static constexpr double kCrowdedShare = 0.5;

private:
    std::chrono::nanoseconds interval_;
    std::function<SchedulerDelay()> delay_;
    SchedulerDelay before_;
};

}  // namespace overfeat::store
