// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>

#include "errors.h"

namespace overfeat::python {

// A handle of overfeat.h works for one thread at a time; Python's threads wait for one another.
class Turns {
public:
    // Waits without the GIL, and lets Ctrl+C through.
    std::unique_lock<std::timed_mutex> take();

private:
    std::timed_mutex mutex_;
};

// Makes a call that may take long, without the GIL, and raises what it failed with. On the main
// thread KeyboardInterrupt (or whatever a signal's handler raises) calls `cancel` and is raised as
// soon as the call has ended.
void callWithoutGil(const std::function<overfeat_status()>& call,
                    const std::function<void()>& cancel);

}  // namespace overfeat::python
