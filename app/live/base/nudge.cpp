// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/nudge.h"

#include <QMetaObject>
#include <mutex>
#include <utility>

namespace overfeat::app {

struct Nudge::State {
    // Guards `receiver` against being destroyed while another thread posts to it.
    std::mutex mutex;
    std::unique_ptr<QObject> receiver = std::make_unique<QObject>();
    bool pending = false;
    std::function<void()> wake;
};

Nudge::Nudge(std::function<void()> wake) : state_(std::make_shared<State>()) {
    state_->wake = std::move(wake);
}

Nudge::~Nudge() {
    const std::scoped_lock lock(state_->mutex);
    state_->receiver.reset();  // takes its posted events with it
}

std::function<void()> Nudge::handle() const {
    return [state = state_] {
        const std::scoped_lock lock(state->mutex);
        if (!state->receiver || std::exchange(state->pending, true)) return;
        QMetaObject::invokeMethod(
            state->receiver.get(),
            [state] {
                {
                    // Before waking: whatever is published from now on needs a new event.
                    const std::scoped_lock woken(state->mutex);
                    state->pending = false;
                }
                state->wake();
            },
            Qt::QueuedConnection);
    };
}

}  // namespace overfeat::app
