// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>
#include <vector>

#include "ui/view_models.h"

namespace overfeat::ui {

class MessageBanner;

// The messages that are due, over the top of a widget and taking no room of it, so that nothing
// below moves. The newest is on top; one about the same subject takes the place of the one before,
// and is the newest all the same.
// Those that the widget has no room for come up when others go.
class MessageStack : public QWidget {
    Q_OBJECT
public:
    // Lies over `stage`, whatever its size.
    explicit MessageStack(QWidget* stage);

    void show(const MessageView& message);
    // Takes back those with this action.
    void dismiss(const QString& action_id);
    // The one that was said last. False if there is none.
    bool dismissNewest();

signals:
    void actionTriggered(const QString& action_id);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    MessageBanner* make(const MessageView& message);
    void remove(MessageBanner* banner);
    void place();

    std::vector<MessageBanner*> banners_;  // the newest subject first
    std::vector<MessageBanner*> said_;     // the same, as they were said; the newest last
};

}  // namespace overfeat::ui
