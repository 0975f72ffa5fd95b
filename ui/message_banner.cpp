// SPDX-License-Identifier: Apache-2.0
#include "ui/message_banner.h"

#include <QAccessible>
#include <QEvent>
#include <QHBoxLayout>
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
    action_ = new QPushButton(this);
    close_ = new QToolButton(this);
    close_->setIcon(icon(Icon::kClose));
    close_->setAccessibleName(tr("Close this message"));
    close_->setToolTip(tr("Close this message"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(spacing::kLarge, spacing::kSmall, spacing::kSmall, spacing::kSmall);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(sign_, 0, Qt::AlignTop);
    layout->addWidget(sentence_, 1);
    layout->addWidget(action_);
    layout->addWidget(close_);
    expiry_.setSingleShot(true);
    connect(&expiry_, &QTimer::timeout, this, &QWidget::hide);
    connect(close_, &QToolButton::clicked, this, &QWidget::hide);
    connect(action_, &QPushButton::clicked, this, [this] {
        const QString id = message_.action_id;  // the answer may replace the message
        hide();
        emit actionTriggered(id);
    });
    setCursor(Qt::ArrowCursor);
    QWidget::hide();
}

void MessageBanner::show(const MessageView& message) {
    message_ = message;
    const QString word = message.level == MessageLevel::kError     ? tr("Error")
                         : message.level == MessageLevel::kWarning ? tr("Note")
                                                                   : QString();
    sign_->setText(word);
    sign_->setVisible(!word.isEmpty());
    colourSign();
    sentence_->setText(message.sentence);
    action_->setText(message.action_label);
    action_->setVisible(!message.action_id.isEmpty());
    expiry_.stop();
    if (message.seconds > 0) expiry_.start(message.seconds * 1000);
    QWidget::show();
    raise();
    if (parentWidget()) placeIn(parentWidget()->size());
    QAccessibleEvent event(sentence_, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
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

void MessageBanner::dismiss(const QString& action_id) {
    if (message_.action_id == action_id) hide();
}

void MessageBanner::placeIn(const QSize& size) {
    const int width = std::max(200, std::min(size.width() - 2 * spacing::kMedium, 720));
    const int height = std::max(layout()->heightForWidth(width), layout()->minimumSize().height());
    setGeometry((size.width() - width) / 2, spacing::kMedium, width,
                std::min(height, size.height() / 2));
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
