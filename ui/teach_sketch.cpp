// SPDX-License-Identifier: Apache-2.0
#include "ui/teach_sketch.h"

#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr double kWidth = 232;  // of the sketch, in its own units
constexpr double kHeight = 112;

// A picture on a table with a mug in it; other things that are not the mug.
void drawScene(QPainter& painter, const Colours& c) {
    const QRectF picture(0, 2, 132, 106);
    painter.setPen(QPen(c.outline, 1.5));
    painter.setBrush(c.raised);
    painter.drawRoundedRect(picture, 6, 6);
    painter.setPen(QPen(c.muted_text, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawLine(QPointF(6, 92), QPointF(126, 92));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(98, 62, 20, 30), 2, 2);  // a book, standing
    painter.drawLine(QPointF(103, 62), QPointF(103, 92));
    painter.drawEllipse(QPointF(22, 82), 10, 10);  // a ball
    const QColor colour = classColour(1);
    QColor faint = colour;
    faint.setAlphaF(0.35F);
    QPainterPath mug;
    mug.moveTo(46, 52);
    mug.lineTo(48, 88);
    mug.quadTo(48, 92, 52, 92);
    mug.lineTo(70, 92);
    mug.quadTo(74, 92, 74, 88);
    mug.lineTo(76, 52);
    mug.closeSubpath();
    painter.setPen(QPen(c.text, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(faint);
    painter.drawPath(mug);
    painter.setBrush(Qt::NoBrush);
    painter.drawArc(QRectF(68, 58, 20, 22), -90 * 16, 180 * 16);
}

void drawBox(QPainter& painter, const Colours& c) {
    const QRectF box(38, 42, 58, 58);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(c.accent, 2, Qt::DashLine));
    painter.drawRect(box);
    painter.setPen(QPen(c.surface, 1));
    painter.setBrush(c.accent);
    for (const QPointF& corner :
         {box.topLeft(), box.topRight(), box.bottomLeft(), box.bottomRight()}) {
        painter.drawRect(QRectF(corner - QPointF(3.5, 3.5), QSizeF(7, 7)));
    }
    // The pointer that has pulled it open.
    const QPointF tip = box.bottomRight() + QPointF(2, 2);
    const QPolygonF arrow{tip,
                          tip + QPointF(0, 15),
                          tip + QPointF(4, 11.5),
                          tip + QPointF(7, 18),
                          tip + QPointF(10, 16.5),
                          tip + QPointF(7, 10.5),
                          tip + QPointF(12, 10.5)};
    painter.setPen(QPen(c.surface, 1.2));
    painter.setBrush(c.text);
    painter.drawPolygon(arrow);
}

// The way on: a name, and what then comes.
void drawName(QPainter& painter, const Colours& c) {
    painter.setPen(QPen(c.muted_text, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawLine(QPointF(140, 52), QPointF(152, 52));
    painter.drawPolyline(QPolygonF{{148, 48}, {152, 52}, {148, 56}});
    const QRectF field(158, 38, 74, 28);
    painter.setPen(QPen(c.accent, 1.6));
    painter.setBrush(c.raised);
    painter.drawRoundedRect(field, 5, 5);
    painter.setFont(themeFont(TextSize::kBody));
    painter.setPen(c.text);
    const QString name = TeachSketch::tr("mug");
    painter.drawText(field.adjusted(8, 0, -24, 0), Qt::AlignVCenter | Qt::AlignLeft, name);
    painter.setPen(QPen(c.muted_text, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(QPolygonF{{224, 46}, {224, 53}, {214, 53}});  // the Enter key
    painter.drawPolyline(QPolygonF{{217.5, 49.5}, {214, 53}, {217.5, 56.5}});
    const QRectF bar(158, 84, 74, 7);
    painter.setPen(Qt::NoPen);
    painter.setBrush(c.outline);
    painter.drawRoundedRect(bar, 3.5, 3.5);
    painter.setBrush(classColour(1));
    painter.drawRoundedRect(bar.adjusted(0, 0, -12, 0), 3.5, 3.5);
    painter.setFont(themeFont(TextSize::kSmall));
    painter.setPen(c.muted_text);
    painter.drawText(QRectF(158, 92, 74, 18), Qt::AlignVCenter | Qt::AlignLeft,
                     TeachSketch::tr("found"));
}

}  // namespace

TeachSketch::TeachSketch(QWidget* parent) : QWidget(parent) {
    auto* what =
        paragraph(tr("A box and a name are enough: from the next picture on it is found."), this);
    auto* then = remark(
        tr("More captures make it surer. Pictures, or folders of them, can be dropped here, too."),
        this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, static_cast<int>(kHeight) + spacing::kLarge, 0, 0);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(what);
    layout->addWidget(then);
    layout->addStretch(1);
}

void TeachSketch::paintEvent(QPaintEvent*) {
    const Colours& c = colours(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate((width() - kWidth) / 2, spacing::kTight);
    drawScene(painter, c);
    drawBox(painter, c);
    drawName(painter, c);
}

}  // namespace overfeat::ui
