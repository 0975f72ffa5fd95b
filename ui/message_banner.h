// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>
#include <QTimer>

#include "ui/view_models.h"

class QLabel;
class QPushButton;
class QToolButton;

namespace overfeat::ui {

// One sentence with at most one action, over the top of the picture; it takes no room of its own,
// so that nothing below moves. Never modal.
class MessageBanner : public QFrame {
    Q_OBJECT
public:
    explicit MessageBanner(QWidget* parent);

    void show(const MessageView& message);
    void dismiss(const QString& action_id);
    const MessageView& message() const { return message_; }
    // Where to lie in a widget of this width.
    void placeIn(const QSize& size);

signals:
    void actionTriggered(const QString& action_id);

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void colourSign();

    MessageView message_;
    QLabel* sign_ = nullptr;
    QLabel* sentence_ = nullptr;
    QPushButton* action_ = nullptr;
    QToolButton* close_ = nullptr;
    QTimer expiry_;
};

}  // namespace overfeat::ui
