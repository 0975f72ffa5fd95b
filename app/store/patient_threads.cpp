// SPDX-License-Identifier: Apache-2.0
#include "app/store/patient_threads.h"

#include <omp.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace overfeat::store {
namespace {

constexpr std::chrono::milliseconds kInterval{200};
// Of an interval, over all threads. Others that compute take more than this; a window that paints
// its pictures and a camera that is read take less.
constexpr double kCrowdedShare = 0.5;

// How long the threads of this process have been ready to run and did not; nothing where the kernel
// does not tell.
std::optional<std::chrono::nanoseconds> delay() {
    std::error_code failed;
    std::chrono::nanoseconds sum{0};
    bool told = false;
    for (std::filesystem::directory_iterator task("/proc/self/task", failed), end;
         !failed && task != end; task.increment(failed)) {
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

// Where nothing is known it is crowded: patience costs a fifth, impatience may cost everything.
class CrowdedByKernel {
public:
    bool operator()() {
        const auto now = delay();
        const auto before = std::exchange(delay_, now);
        // Threads that ended took theirs along: then less than before.
        return !now || !before || *now - *before > kCrowdedShare * kInterval;
    }

private:
    std::optional<std::chrono::nanoseconds> delay_ = delay();
};

// More threads of libgomp's than there are processors. A team lives as long as the thread that made
// it.
class IdleTeam {
public:
    IdleTeam()
        : keeper_([this] {
              std::atomic<int> count = 0;
#pragma omp parallel num_threads(omp_get_num_procs() + 1)
              ++count;
              made_.count_down();
              over_.wait();
          }) {
        made_.wait();
    }
    ~IdleTeam() {
        over_.count_down();
        keeper_.join();
    }
    IdleTeam(const IdleTeam&) = delete;
    IdleTeam& operator=(const IdleTeam&) = delete;

private:
    std::latch made_{1};
    std::latch over_{1};
    std::thread keeper_;
};

}  // namespace

PatientThreads::PatientThreads() : PatientThreads(CrowdedByKernel(), kInterval) {}

PatientThreads::PatientThreads(Crowded crowded, std::chrono::milliseconds interval) {
    if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr)
        return;
    try {
        watcher_ =
            std::jthread([this, crowded = std::move(crowded), interval](
                             const std::stop_token& stop) { watch(stop, crowded, interval); });
    } catch (const std::system_error&) {
        // No threads to be had: it stays as it is.
    }
}

void PatientThreads::watch(const std::stop_token& stop, const Crowded& crowded,
                           std::chrono::milliseconds interval) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    std::unique_ptr<IdleTeam> team;
    int quiet = 0;
    while (!stopped.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
        quiet = crowded() ? 0 : quiet + 1;
        if (quiet == 0 && !team) {
            try {
                team = std::make_unique<IdleTeam>();
            } catch (const std::system_error&) {
                continue;
            }
        } else if (quiet >= kQuietIntervals) {
            team.reset();
        }
        patient_ = team != nullptr;
    }
}

}  // namespace overfeat::store
