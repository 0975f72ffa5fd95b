// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSocketNotifier>
#include <functional>
#include <memory>

namespace overfeat::app {

// Turns SIGINT and SIGTERM into an ordinary call on the GUI thread, so that Ctrl+C and a session's
// end stop the program as cleanly as closing the window does.
//
// block() must be called at the very start of main: threads inherit the mask, and a signal that any
// thread does not block kills the process instead of being delivered here.
class TerminationSignals {
public:
    static void block();

    // `arrived` is given the signal's number. Needs an event loop.
    explicit TerminationSignals(std::function<void(int)> arrived);
    ~TerminationSignals();
    TerminationSignals(const TerminationSignals&) = delete;
    TerminationSignals& operator=(const TerminationSignals&) = delete;

private:
    void read();

    std::function<void(int)> arrived_;
    int descriptor_ = -1;
    std::unique_ptr<QSocketNotifier> notifier_;
};

}  // namespace overfeat::app
