// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "app/live/nudge.h"

namespace overfeat::app {

// One thread for whatever may touch a disk, a device list or a network drive, so that the GUI
// thread never does: jobs run one after the other, in the order they were given.
// Threads: constructed, used and destroyed on the GUI thread.
class Worker {
public:
    // What the GUI thread does with a job's result; may be empty.
    using Completion = std::function<void()>;
    // Runs on the worker thread. Owns everything it touches: it may outlive this object, see
    // stop(). An exception that leaves it is dropped, so jobs turn theirs into a completion.
    using Job = std::function<Completion()>;

    Worker();
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void run(Job job);

    // Lets the jobs given so far finish, but waits no longer than `limit`: a job that hangs on a
    // dead network drive is left to finish on its own. Completions that have not run by then never
    // do. Returns whether everything was done.
    bool stop(std::chrono::milliseconds limit);

private:
    struct State;
    void runCompletions();

    std::shared_ptr<State> state_;
    Nudge nudge_;
    std::thread thread_;
};

}  // namespace overfeat::app
