// SPDX-License-Identifier: Apache-2.0
#include "app/store/patient_threads.h"

#include <omp.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <latch>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "app/store/scheduler_delay.h"

namespace overfeat::store {
namespace {

constexpr std::chrono::milliseconds kInterval{200};
// libgomp ends the process where it cannot make a thread: so it is asked for so many, and some
// more, only where they can be had. Throws std::system_error where they cannot.
void tryThreads(std::size_t count) {
    std::latch all(1);
    std::vector<std::jthread> threads;
    try {
        while (threads.size() < count)
            threads.emplace_back([&all] { all.wait(); });
    } catch (...) {
        all.count_down();
        throw;
    }
    all.count_down();
}

// More threads of libgomp's than there are processors. A team lives as long as the thread that made
// it.
class IdleTeam {
public:
    IdleTeam() {
        tryThreads(2 * static_cast<std::size_t>(omp_get_num_procs()) + 8);
        keeper_ = std::thread([this] {
#pragma omp parallel num_threads(omp_get_num_procs() + 1)
            ++size_;
            made_.count_down();
            over_.wait();
        });
        made_.wait();
    }
    ~IdleTeam() {
        over_.count_down();
        keeper_.join();
    }
    IdleTeam(const IdleTeam&) = delete;
    IdleTeam& operator=(const IdleTeam&) = delete;

    // Not where OMP_THREAD_LIMIT or the like made it smaller.
    bool isLargeEnough() const {
        return size_ > omp_get_num_procs();
    }

private:
    std::atomic<int> size_ = 0;
    std::latch made_{1};
    std::latch over_{1};
    std::thread keeper_;
};

}  // namespace

PatientThreads::PatientThreads() : PatientThreads(CrowdedByKernel(kInterval), kInterval) {}

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
        patient_ = team && team->isLargeEnough();
    }
}

}  // namespace overfeat::store
