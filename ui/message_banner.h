// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>
#include <QTimer>
#include <vector>

#include "ui/view_models.h"

class QBoxLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace overfeat::ui {

// One sentence with what can be done about it. Never modal.
class MessageBanner : public QFrame {
    Q_OBJECT
public:
    explicit MessageBanner(QWidget* parent);

    void setMessage(const MessageView& message);
    const MessageView& message() const { return message_; }
    bool hasAction(const QString& action_id) const;
    // In a narrow one the buttons lie below the sentence.
    int heightFor(int width);

signals:
    void actionTriggered(const QString& action_id);
    // By a person or by itself; it should go.
    void closed();

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void colourSign();
    void showActions();
    void trigger(std::size_t action);

    MessageView message_;
    QLabel* sign_ = nullptr;
    QLabel* sentence_ = nullptr;
    QBoxLayout* content_ = nullptr;  // sentence and buttons
    QBoxLayout* actions_ = nullptr;
    std::vector<QPushButton*> buttons_;
    QToolButton* close_ = nullptr;
    QTimer expiry_;
};

}  // namespace overfeat::ui
