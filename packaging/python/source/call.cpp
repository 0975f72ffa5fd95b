// SPDX-License-Identifier: Apache-2.0
#include "call.h"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <thread>

namespace overfeat::python {
namespace {

namespace py = pybind11;

// How soon a signal is noticed. Python's handlers run on its main thread, when that asks for it.
constexpr std::chrono::milliseconds kPatience{20};

// Calls for the main thread, which meanwhile looks after signals. One thread for all of them: the
// main thread makes one call at a time, and OpenMP keeps a set of threads for each that calls it.
class Errand {
public:
    Errand() : process_(getpid()), thread_([this] { work(); }) { thread_.detach(); }

    bool isOfThisProcess() const noexcept { return process_ == getpid(); }

    void begin(const std::function<overfeat_status()>& call) {
        {
            const std::scoped_lock lock(mutex_);
            call_ = &call;
        }
        changed_.notify_all();
    }

    // Whether it has ended.
    bool waitFor(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [this] { return call_ == nullptr; });
    }

    // Once it has ended.
    Outcome outcome() const { return outcome_; }

private:
    void work() {
        for (std::unique_lock lock(mutex_);;) {
            changed_.wait(lock, [this] { return call_ != nullptr; });
            lock.unlock();
            Outcome outcome = Outcome::of((*call_)());
            lock.lock();
            outcome_ = std::move(outcome);
            call_ = nullptr;
            changed_.notify_all();
        }
    }

    pid_t process_;
    std::mutex mutex_;
    std::condition_variable changed_;
    const std::function<overfeat_status()>* call_ = nullptr;
    Outcome outcome_;
    std::thread thread_;
};

// Left behind when the process ends, and in the child where it forked: threads do not go along.
Errand& errand() {
    static Errand* one = nullptr;
    if (one == nullptr || !one->isOfThisProcess()) one = new Errand;
    return *one;
}

bool isMainThread() {
    return gettid() == getpid();
}

}  // namespace

std::unique_lock<std::timed_mutex> Turns::take() {
    std::unique_lock lock(mutex_, std::defer_lock);
    for (;;) {
        {
            const py::gil_scoped_release release;
            if (lock.try_lock_for(kPatience)) return lock;
        }
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    }
}

void callWithoutGil(const std::function<overfeat_status()>& call,
                    const std::function<void()>& cancel) {
    // Where a signal's handler makes a call in the midst of another one, it waits for its own.
    static bool on_an_errand = false;
    if (!isMainThread() || on_an_errand) {
        Outcome outcome;
        {
            const py::gil_scoped_release release;
            outcome = Outcome::of(call());
        }
        return require(outcome);
    }
    Errand& running = errand();
    on_an_errand = true;
    running.begin(call);
    bool interrupted = false;
    for (;;) {
        {
            const py::gil_scoped_release release;
            if (running.waitFor(kPatience)) break;
        }
        if (interrupted) {
            cancel();  // again: the call may not have come to where it is heard
        } else if (PyErr_CheckSignals() != 0) {
            interrupted = true;
            cancel();
        }
    }
    on_an_errand = false;
    if (interrupted) throw py::error_already_set();
    require(running.outcome());
}

}  // namespace overfeat::python
