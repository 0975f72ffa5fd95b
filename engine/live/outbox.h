// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "engine/live/session.h"

namespace overfeat::live {

// What the inference thread has published and nobody has taken yet: a few model messages and the
// newest result. Bounded, so that a taker that is blocked for an hour costs nothing.
// Not thread-safe; Session guards it with its mutex.
class Outbox {
public:
    static constexpr std::size_t kMaxMessages = 16;

    // Each returns true if the taker must be nudged: nothing was waiting before.
    bool putResult(Update update);
    bool putMessage(Update update);
    // Forgets the result of a model that is no longer in use.
    void dropResult() { result_.reset(); }

    std::vector<Update> takeAll();

private:
    bool needsNudge();

    std::deque<Update> messages_;
    std::optional<Update> result_;
    bool nudged_ = false;
};

}  // namespace overfeat::live
