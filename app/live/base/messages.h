// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <utility>

#include "ui/view_models.h"

// The few kinds of messages the program shows, so that alike things look alike.
namespace overfeat::app {

inline constexpr int kMessageSeconds = 8;

inline ui::MessageView messageView(ui::MessageLevel level, QString sentence, int seconds) {
    ui::MessageView message;
    message.level = level;
    message.sentence = std::move(sentence);
    message.seconds = seconds;
    return message;
}
// Goes away by itself.
inline ui::MessageView infoMessage(QString sentence) {
    return messageView(ui::MessageLevel::kInfo, std::move(sentence), kMessageSeconds);
}
// These stay until they are closed or replaced.
inline ui::MessageView warningMessage(QString sentence) {
    return messageView(ui::MessageLevel::kWarning, std::move(sentence), 0);
}
inline ui::MessageView errorMessage(QString sentence) {
    return messageView(ui::MessageLevel::kError, std::move(sentence), 0);
}
inline ui::MessageView withAction(ui::MessageView message, QString id, QString label) {
    message.actions.append({std::move(id), std::move(label)});
    return message;
}

inline ui::Choice makeChoice(QString id, QString label, QString detail, QString problem = {}) {
    return {std::move(id), std::move(label), std::move(detail), std::move(problem)};
}

}  // namespace overfeat::app
