// SPDX-License-Identifier: Apache-2.0
#include "engine/live/outbox.h"

#include <utility>

namespace overfeat::live {

bool Outbox::putResult(Update update) {
    result_ = std::move(update);
    return needsNudge();
}

bool Outbox::putMessage(Update update) {
    if (messages_.size() == kMaxMessages) messages_.pop_front();
    messages_.push_back(std::move(update));
    return needsNudge();
}

std::vector<Update> Outbox::takeAll() {
    nudged_ = false;
    std::vector<Update> all;
    all.reserve(messages_.size() + 1);
    for (Update& message : messages_)
        all.push_back(std::move(message));
    messages_.clear();
    if (result_) all.push_back(*std::exchange(result_, std::nullopt));
    return all;
}

bool Outbox::needsNudge() {
    return !std::exchange(nudged_, true);
}

}  // namespace overfeat::live
