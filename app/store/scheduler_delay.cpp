// SPDX-License-Identifier: Apache-2.0
#include "app/store/scheduler_delay.h"

#include <fstream>
#include <system_error>
#include <utility>

namespace overfeat::store {

SchedulerDelay schedulerDelay(const std::filesystem::path& tasks) {
    std::error_code failed;
    std::chrono::nanoseconds sum{0};
    bool told = false;
    for (std::filesystem::directory_iterator task(tasks, failed), end; !failed && task != end;
         task.increment(failed)) {
        std::ifstream file(task->path() / "schedstat");
        long long running = 0;
        long long waiting = 0;
        if (!(file >> running >> waiting)) continue;  // it has just ended
        sum += std::chrono::nanoseconds(waiting);
        told = true;
    }
    if (!told) return std::nullopt;
    return sum;
}

CrowdedByKernel::CrowdedByKernel(std::chrono::nanoseconds interval,
                                 std::function<SchedulerDelay()> delay)
    : interval_(interval), delay_(std::move(delay)), before_(delay_()) {}

// Where nothing is known it is crowded: patience costs a fifth, impatience may cost everything.
bool CrowdedByKernel::operator()() {
    const SchedulerDelay now = delay_();
    const SchedulerDelay before = std::exchange(before_, now);
    // Threads that ended took theirs along: then less than before.
    return !now || !before || *now - *before > kCrowdedShare * interval_;
}

}  // namespace overfeat::store
