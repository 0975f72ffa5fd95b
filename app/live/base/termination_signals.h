// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSocketNotifier>
#include <functional>
#include <memory>

namespace overfeat::app {

// Turns SIGINT and SIGTERM into an ordinary call on the GUI thread, so that Ctrl+C and a session's
// end stop the program as cleanly as closing the window does. As long as none exists they end the
// process, which matters while Qt waits for a display that never answers.
//
// At most one at a time.
class TerminationSignals {
public:
    // `arrived` is given the signal's number. Needs an event loop.
    explicit TerminationSignals(std::function<void(int)> arrived);
    ~TerminationSignals();
    TerminationSignals(const TerminationSignals&) = delete;
    TerminationSignals& operator=(const TerminationSignals&) = delete;

private:
    void read();

    std::function<void(int)> arrived_;
    int read_end_ = -1;
    int write_end_ = -1;
    std::unique_ptr<QSocketNotifier> notifier_;
};

}  // namespace overfeat::app
