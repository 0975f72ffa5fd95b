// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/live/base/nudge.h"

namespace overfeat::app {

// Threads for whatever may touch a disk, a device list or a network drive, so that the GUI thread
// never does. Jobs of one place run one after the other, in the order they were given; a job that
// hangs, as on a dead drive, keeps only those of its own place waiting.
// Threads: constructed, used and destroyed on the GUI thread.
class Worker {
public:
    // What the GUI thread does with a job's result; may be empty.
    using Completion = std::function<void()>;
    // Runs on a thread of the worker. Owns everything it touches: it may outlive this object, see
    // stop(). An exception that leaves it is dropped, so jobs turn theirs into a completion.
    using Job = std::function<Completion()>;

    Worker();
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // `place` names what the job may have to wait for: a file, a list of devices.
    void run(const std::string& place, Job job);
    // Of a worker that has one place only.
    void run(Job job) { run({}, std::move(job)); }

    // So many places at once; with as many hung ones all others wait, too.
    static constexpr std::size_t kMostThreads = 12;

    // Lets the jobs given so far finish, but waits no longer than `limit`: a job that hangs is left
    // to finish on its own. Completions that have not run by then never do. Returns whether
    // everything was done.
    bool stop(std::chrono::milliseconds limit);

private:
    struct State;
    void addThread();
    void runCompletions();

    std::shared_ptr<State> state_;
    Nudge nudge_;
    std::vector<std::thread> threads_;
};

}  // namespace overfeat::app
