// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <stop_token>
#include <thread>

namespace overfeat::cli {

// Turns SIGINT and SIGTERM into a stop request; a second one ends the process at once. SIGPIPE is
// ignored: writes fail instead and are noticed where they are made.
//
// A thread waits for the signals, so that no code runs in a signal handler. Create it before any
// other thread: they inherit the mask that leaves the signals to it.
class StopOnSignal {
public:
    StopOnSignal();
    ~StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;

    std::stop_token token() const noexcept { return source_.get_token(); }

private:
    std::stop_source source_;
    std::thread waiter_;
};

}  // namespace overfeat::cli
