// SPDX-License-Identifier: Apache-2.0
#include "ui/switch.h"

#include <QPainter>
#include <QStyleOptionButton>

#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr int kWidth = 30;
constexpr int kHeight = 18;

}  // namespace

Switch::Switch(const QString& text, QWidget* parent) : QCheckBox(text, parent) {
    setAttribute(Qt::WA_Hover);
}

QSize Switch::sizeHint() const {
    const int text_width =
        text().isEmpty() ? 0 : fontMetrics().horizontalAdvance(text()) + spacing::kSmall;
    return {kWidth + 4 + text_width, std::max(kHeight + 4, fontMetrics().height())};
}

void Switch::paintEvent(QPaintEvent*) {
    const Colours& c = colours(*this);
    QStyleOptionButton option;
    initStyleOption(&option);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (!isEnabled()) painter.setOpacity(0.45);
    const QRectF track(2, (height() - kHeight) / 2.0, kWidth, kHeight);
    const bool ring =
        hasFocus() && (option.state & QStyle::State_KeyboardFocusChange) != QStyle::State_None;
    painter.setPen(QPen(ring || isChecked() ? c.accent : c.muted_text, ring ? 2 : 1));
    painter.setBrush(isChecked() ? c.accent : underMouse() && isEnabled() ? c.hover : c.raised);
    painter.drawRoundedRect(track.adjusted(1, 1, -1, -1), track.height() / 2, track.height() / 2);
    const double radius = kHeight / 2.0 - 5;
    const double x = isChecked() ? track.right() - radius - 5 : track.left() + radius + 5;
    painter.setPen(Qt::NoPen);
    painter.setBrush(isChecked() ? c.accent_text : c.muted_text);
    painter.drawEllipse(QPointF(x, track.center().y()), radius, radius);
    if (ring) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(c.accent, 1));
        painter.drawRoundedRect(track.adjusted(-1.5, -1.5, 1.5, 1.5), track.height() / 2 + 2,
                                track.height() / 2 + 2);
    }
    painter.setPen(c.text);
    painter.drawText(QRectF(track.right() + spacing::kSmall, 0, width() - track.right(), height()),
                     Qt::AlignVCenter | Qt::AlignLeft | Qt::TextShowMnemonic, text());
}

}  // namespace overfeat::ui
