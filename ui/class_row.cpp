// SPDX-License-Identifier: Apache-2.0
#include "ui/class_row.h"

#include <QList>
#include <QPainter>
#include <algorithm>

#include "ui/live_marks.h"
#include "ui/ranked_scores.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr int kTallHeight = 44;
constexpr int kCompactHeight = 26;
constexpr double kSparklineWidth = 56;
constexpr int kNumberWidth = 52;

void drawBackground(QPainter& painter, const QRectF& row, const QStyleOptionViewItem& option,
                    bool chosen, const Colours& c) {
    painter.setPen(Qt::NoPen);
    if (chosen || (option.state & QStyle::State_MouseOver)) {
        painter.setBrush(chosen ? c.selected : c.hover);
        painter.drawRoundedRect(row, kRadius, kRadius);
    }
    if (chosen) {
        painter.setBrush(c.accent);
        painter.drawRoundedRect(QRectF(row.left(), row.top() + 6, 3, row.height() - 12), 1.5, 1.5);
    }
    const auto ring = QStyle::State_HasFocus | QStyle::State_KeyboardFocusChange;
    if ((option.state & ring) == ring) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(c.accent, 1.5));
        painter.drawRoundedRect(row.adjusted(1, 1, -1, -1), kRadius, kRadius);
    }
}

// The last scores, from 0 at the bottom to 1 at the top.
void drawSparkline(QPainter& painter, const QRectF& box, const QList<float>& values,
                   const QColor& colour, const Colours& c) {
    painter.setPen(QPen(c.outline, 1));  // where zero is, also before there is a history
    painter.drawLine(box.bottomLeft(), box.bottomRight());
    if (values.size() < 2) return;
    QPolygonF line;
    const double step = box.width() / (static_cast<double>(RankedScores::kHistory) - 1);
    const double first = box.right() - step * static_cast<double>(values.size() - 1);
    for (qsizetype i = 0; i < values.size(); ++i) {
        line << QPointF(first + step * static_cast<double>(i),
                        box.bottom() - box.height() * std::clamp(values[i], 0.0F, 1.0F));
    }
    QPolygonF area = line;
    area << QPointF(line.last().x(), box.bottom()) << QPointF(line.first().x(), box.bottom());
    QColor faint = colour;
    faint.setAlphaF(0.22F);
    painter.setPen(Qt::NoPen);
    painter.setBrush(faint);
    painter.drawPolygon(area);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colour, 1.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(line);
}

void drawBar(QPainter& painter, const QRectF& track, float score, const QColor& colour,
             const Colours& c) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(c.outline);
    const double radius = track.height() / 2;
    painter.drawRoundedRect(track, radius, radius);
    if (!(score > 0)) return;
    QRectF filled = track;
    filled.setWidth(std::max(track.height(), track.width() * std::min(score, 1.0F)));
    painter.setBrush(colour);
    painter.drawRoundedRect(filled, radius, radius);
}

void drawLabel(QPainter& painter, const QRectF& box, int alignment, const QString& text,
               const QFont& font, const QColor& colour) {
    painter.setFont(font);
    painter.setPen(colour);
    painter.drawText(box, alignment | Qt::AlignVCenter | Qt::TextSingleLine,
                     QFontMetricsF(font).elidedText(text, Qt::ElideRight, box.width()));
}

}  // namespace

ClassRowDelegate::ClassRowDelegate(Height height, QObject* parent)
    : QStyledItemDelegate(parent), height_(height) {}

QSize ClassRowDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
    return {scaled(120), scaled(height_ == Height::kTall ? kTallHeight : kCompactHeight)};
}

void ClassRowDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                             const QModelIndex& index) const {
    const Colours& c = colours(option.palette);
    const bool chosen = index.data(kChosenRole).toBool();
    const float score = index.data(kScoreRole).toFloat();
    const bool unsure = index.data(kUnsureRole).toBool();
    auto colour = index.data(kClassColourRole).value<QColor>();
    if (unsure) colour.setAlphaF(0.45F);
    const QString label = index.data(Qt::DisplayRole).toString();
    const bool tall = height_ == Height::kTall;

    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QRectF row = QRectF(option.rect).adjusted(0, 1, 0, -1);
    drawBackground(*painter, row, option, chosen, c);
    const QRectF inner = row.adjusted(spacing::kSmall, 0, -spacing::kTight, 0);

    painter->setPen(Qt::NoPen);
    painter->setBrush(colour);
    const double line_centre = tall ? inner.top() + scaled(14) : inner.center().y();
    painter->drawRoundedRect(QRectF(inner.left(), line_centre - 5, 10, 10), 2.5, 2.5);

    const QRectF text(inner.left() + 18, line_centre - scaled(20) / 2.0, inner.width() - 18,
                      scaled(20));
    const double number_width = scaled(kNumberWidth);
    const double right = tall ? kSparklineWidth + spacing::kSmall : 0;
    const QRectF number(text.right() - right - number_width, text.top(), number_width,
                        text.height());
    drawLabel(*painter, number, Qt::AlignRight, percentText(score),
              themeFont(TextSize::kBody, tall), tall && !unsure ? c.text : c.muted_text);
    drawLabel(*painter, text.adjusted(0, 0, -(right + number_width + spacing::kTight), 0),
              Qt::AlignLeft, label, themeFont(TextSize::kBody, chosen),
              unsure ? c.muted_text : c.text);
    if (tall) {
        drawBar(*painter, QRectF(text.left(), row.bottom() - 14, number.right() - text.left(), 6),
                score, colour, c);
        drawSparkline(*painter,
                      QRectF(inner.right() - kSparklineWidth, row.top() + 7, kSparklineWidth,
                             row.height() - 15),
                      index.data(kHistoryRole).value<QList<float>>(), colour, c);
    } else {
        drawBar(*painter,
                QRectF(text.left(), row.bottom() - 3,
                       (text.width()) * std::clamp(score, 0.0F, 1.0F) + 0.01, 2),
                score > 0.001F ? 1.0F : 0.0F, colour, c);
    }
    painter->restore();
}

}  // namespace overfeat::ui
