// SPDX-License-Identifier: Apache-2.0
#include "ui/message_banner.h"

#include <QAccessible>
#include <QBoxLayout>
#include <QEvent>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <algorithm>

#include "ui/icons.h"
#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

QColor levelColour(MessageLevel level, const Colours& c) {
    return level == MessageLevel::kError     ? c.error
           : level == MessageLevel::kWarning ? c.warning
                                             : c.accent;
}

}  // namespace

MessageBanner::MessageBanner(QWidget* parent) : QFrame(parent) {
    sign_ = sectionTitle({}, this);
    sentence_ = paragraph({}, this);
    sentence_->setAccessibleName(tr("Message"));
    close_ = new QToolButton(this);
    close_->setIcon(icon(Icon::kClose));
    close_->setAccessibleName(tr("Close this message"));
    close_->setToolTip(tr("Close this message"));
    auto* text = new QHBoxLayout;
    text->setSpacing(spacing::kSmall);
    text->addWidget(sign_, 0, Qt::AlignTop);
    text->addWidget(sentence_, 1);
    actions_ = new QHBoxLayout;
    actions_->setSpacing(spacing::kSmall);
    actions_->addStretch();
    content_ = new QBoxLayout(QBoxLayout::LeftToRight);
    content_->setSpacing(spacing::kSmall);
    content_->addLayout(text, 1);
    content_->addLayout(actions_);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(spacing::kLarge, spacing::kSmall, spacing::kSmall, spacing::kSmall);
    layout->setSpacing(spacing::kSmall);
    layout->addLayout(content_, 1);
    layout->addWidget(close_, 0, Qt::AlignTop);
    expiry_.setSingleShot(true);
    connect(&expiry_, &QTimer::timeout, this, &MessageBanner::closed);
    connect(close_, &QToolButton::clicked, this, &MessageBanner::closed);
}

void MessageBanner::setMessage(const MessageView& message) {
    message_ = message;
    const QString word = message.level == MessageLevel::kError     ? tr("Error")
                         : message.level == MessageLevel::kWarning ? tr("Note")
                                                                   : QString();
    sign_->setText(word);
    sign_->setVisible(!word.isEmpty());
    colourSign();
    sentence_->setText(message.sentence);
    showActions();
    expiry_.stop();
    if (message.seconds > 0) expiry_.start(message.seconds * 1000);
    QAccessibleEvent event(sentence_, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

// Buttons stay where they can, so that one is not taken away under the pointer by a percentage.
void MessageBanner::showActions() {
    const auto wanted = static_cast<std::size_t>(message_.actions.size());
    while (buttons_.size() < wanted) {
        auto* button = new QPushButton(this);
        connect(button, &QPushButton::clicked, this,
                [this, action = buttons_.size()] { trigger(action); });
        actions_->addWidget(button);
        buttons_.push_back(button);
    }
    for (std::size_t i = 0; i < buttons_.size(); ++i) {
        buttons_[i]->setVisible(i < wanted);
        if (i < wanted) buttons_[i]->setText(message_.actions[static_cast<int>(i)].label);
    }
}

void MessageBanner::trigger(std::size_t action) {
    const QString id = message_.actions[static_cast<int>(action)].id;
    emit closed();  // first: the answer may be another message about the same
    emit actionTriggered(id);
}

bool MessageBanner::hasAction(const QString& action_id) const {
    return std::ranges::any_of(message_.actions,
                               [&](const MessageAction& action) { return action.id == action_id; });
}

int MessageBanner::heightFor(int width) {
    constexpr int kNarrow = 480;
    content_->setDirection(width < kNarrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    layout()->activate();
    return std::max(layout()->heightForWidth(width), layout()->minimumSize().height());
}

void MessageBanner::colourSign() {
    QPalette coloured = palette();
    coloured.setColor(QPalette::WindowText, levelColour(message_.level, colours(*this)));
    sign_->setPalette(coloured);
}

void MessageBanner::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) colourSign();
    QFrame::changeEvent(event);
}

void MessageBanner::paintEvent(QPaintEvent*) {
    const Colours& c = colours(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(c.outline, 1));
    painter.setBrush(c.raised);
    const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.drawRoundedRect(box, kRadius, kRadius);
    painter.setPen(Qt::NoPen);
    painter.setBrush(levelColour(message_.level, c));
    painter.drawRoundedRect(QRectF(box.left() + 4, box.top() + 6, 3, box.height() - 12), 1.5, 1.5);
}

}  // namespace overfeat::ui
