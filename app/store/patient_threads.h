// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

namespace overfeat::store {

// While it lives, the threads that oneDNN computes with (libgomp's) wait for each other in the way
// that suits the moment: spinning for some milliseconds, which is quickest where they have the
// processors for themselves, or soon asleep, where others want them. Beside other busy programs a
// thread that spins keeps the one it waits for from running, so that every layer becomes a wait for
// the scheduler (engine/backend/README.md has the figures).
//
// libgomp reads its policy once, when it is loaded, before main(), and has no call to change it;
// but it spins only briefly while there are more threads of its own than processors. So this keeps
// some that do nothing, as long as it is crowded. It leaves things as they are where the user has
// chosen (OMP_WAIT_POLICY, GOMP_SPINCOUNT). For programs: a library has no say in its process.
class PatientThreads {
public:
    // Whether the threads of this process have been kept waiting for processors since it was asked
    // last; asked on a thread of its own.
    using Crowded = std::function<bool()>;

    PatientThreads();  // asks the kernel
    PatientThreads(Crowded crowded, std::chrono::milliseconds interval);
    ~PatientThreads() = default;
    PatientThreads(const PatientThreads&) = delete;
    PatientThreads& operator=(const PatientThreads&) = delete;

    bool patient() const noexcept { return patient_; }

    // It is no longer crowded when it has not been for so many intervals.
    static constexpr int kQuietIntervals = 10;

private:
    void watch(const std::stop_token& stop, const Crowded& crowded,
               std::chrono::milliseconds interval);

    std::atomic<bool> patient_ = false;
    std::jthread watcher_;  // the last: it ends before what it uses
};

}  // namespace overfeat::store
