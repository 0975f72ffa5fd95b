// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <deque>

#include "ui/view_models.h"

namespace overfeat::app {

// Gives every message its time: the window shows one at a time, and at the start several things may
// be worth saying at once. An error is shown at once, and so is what offers an action, because it
// answers somebody; anything else waits until a warning or error that has just appeared has been
// there long enough to be read.
// Threads: GUI thread only.
class MessageBoard : public QObject {
    Q_OBJECT
public:
    explicit MessageBoard(int least_ms = 5000);

    void add(const ui::MessageView& message);
    // Hides the message with this action if it is the one shown.
    void remove(const QString& action_id);

    static constexpr std::size_t kMaxWaiting = 4;

signals:
    void show(const overfeat::ui::MessageView& message);
    void dismiss(const QString& action_id);

private:
    void showNow(const ui::MessageView& message);
    void showNext();

    int least_ms_;
    QElapsedTimer since_shown_;
    bool important_ = false;  // what is shown now
    std::deque<ui::MessageView> waiting_;
    QTimer timer_;
};

}  // namespace overfeat::app
