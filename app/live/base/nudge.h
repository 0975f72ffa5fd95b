// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <functional>
#include <memory>

namespace overfeat::app {

// Wakes the GUI thread from any thread, at most once until it has woken: however long the GUI is
// busy, one event waits for it and not many. Carries no data; the receiver looks for the newest
// value itself (LatestSlot).
// Threads: constructed and destroyed on the GUI thread. Handles may be called from any thread, even
// after the Nudge is gone; then they do nothing.
class Nudge {
public:
    // `wake` runs on the thread that constructs this.
    explicit Nudge(std::function<void()> wake);
    ~Nudge();
    Nudge(const Nudge&) = delete;
    Nudge& operator=(const Nudge&) = delete;

    // What other threads call.
    std::function<void()> handle() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace overfeat::app
