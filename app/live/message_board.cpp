// SPDX-License-Identifier: Apache-2.0
#include "app/live/message_board.h"

#include <algorithm>

namespace overfeat::app {

MessageBoard::MessageBoard(int least_ms) : least_ms_(least_ms) {
    timer_.setSingleShot(true);
    connect(&timer_, &QTimer::timeout, this, &MessageBoard::showNext);
}

void MessageBoard::add(const ui::MessageView& message) {
    const bool answers_somebody = !message.action_id.isEmpty();
    const bool must_wait = message.level != ui::MessageLevel::kError && !answers_somebody &&
                           (!waiting_.empty() || (important_ && since_shown_.isValid() &&
                                                  since_shown_.elapsed() < least_ms_));
    if (!must_wait) {
        showNow(message);
        return;
    }
    waiting_.push_back(message);
    if (waiting_.size() > kMaxWaiting) waiting_.pop_front();
    if (!timer_.isActive()) {
        timer_.start(std::max(0, least_ms_ - static_cast<int>(since_shown_.elapsed())));
    }
}

void MessageBoard::remove(const QString& action_id) {
    emit dismiss(action_id);
}

void MessageBoard::showNow(const ui::MessageView& message) {
    important_ = message.level != ui::MessageLevel::kInfo;
    since_shown_.start();
    if (!waiting_.empty()) timer_.start(least_ms_);
    emit show(message);
}

void MessageBoard::showNext() {
    if (waiting_.empty()) return;
    const ui::MessageView message = waiting_.front();
    waiting_.pop_front();
    showNow(message);
}

}  // namespace overfeat::app
