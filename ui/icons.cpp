// SPDX-License-Identifier: Apache-2.0
#include "ui/icons.h"

#include <QApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPainterPath>
#include <QPalette>
#include <QPixmap>

#include "ui/theme.h"

namespace overfeat::ui {
namespace {

// Shapes are drawn on a square of 16 x 16 units.
void drawShape(QPainter& p, Icon which, const QColor& colour, const QColor& red) {
    const QPen line(colour, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    p.setPen(line);
    p.setBrush(Qt::NoBrush);
    switch (which) {
        case Icon::kPlay:
            p.setBrush(colour);
            p.drawPolygon(QPolygonF{{5, 3.5}, {12.5, 8}, {5, 12.5}});
            break;
        case Icon::kPause:
            p.setPen(Qt::NoPen);
            p.setBrush(colour);
            p.drawRoundedRect(QRectF(4, 3, 3, 10), 0.8, 0.8);
            p.drawRoundedRect(QRectF(9, 3, 3, 10), 0.8, 0.8);
            break;
        case Icon::kStep:
            p.setBrush(colour);
            p.drawPolygon(QPolygonF{{4, 4}, {9.5, 8}, {4, 12}});
            p.drawLine(QPointF(12, 4), QPointF(12, 12));
            break;
        case Icon::kStepBack:
            p.setBrush(colour);
            p.drawPolygon(QPolygonF{{12, 4}, {6.5, 8}, {12, 12}});
            p.drawLine(QPointF(4, 4), QPointF(4, 12));
            break;
        case Icon::kRecord:
            p.setBrush(red);
            p.setPen(Qt::NoPen);
            p.drawEllipse(QPointF(8, 8), 4.6, 4.6);
            break;
        case Icon::kStop:
            p.setBrush(red);
            p.setPen(Qt::NoPen);
            p.drawRoundedRect(QRectF(4, 4, 8, 8), 1, 1);
            break;
        case Icon::kSnapshot: {
            QPainterPath body;
            body.addRoundedRect(QRectF(1.8, 4.6, 12.4, 8.4), 1.6, 1.6);
            p.drawPath(body);
            p.drawPolyline(QPolygonF{{5.4, 4.6}, {6.4, 2.9}, {9.6, 2.9}, {10.6, 4.6}});
            p.drawEllipse(QPointF(8, 8.8), 2.3, 2.3);
            break;
        }
        case Icon::kMenu:
            for (const double y : {4.0, 8.0, 12.0})
                p.drawLine(QPointF(2.5, y), QPointF(13.5, y));
            break;
        case Icon::kSearch:
            p.drawEllipse(QPointF(7, 7), 4, 4);
            p.drawLine(QPointF(10, 10), QPointF(13.2, 13.2));
            break;
        case Icon::kClose:
            p.drawLine(QPointF(4, 4), QPointF(12, 12));
            p.drawLine(QPointF(12, 4), QPointF(4, 12));
            break;
        case Icon::kPanel:
            p.drawRoundedRect(QRectF(2, 3, 12, 10), 1.6, 1.6);
            p.drawLine(QPointF(9.8, 3.2), QPointF(9.8, 12.8));
            break;
        case Icon::kRedo:
            p.translate(16, 0);
            p.scale(-1, 1);
            [[fallthrough]];
        case Icon::kUndo:
            p.drawPolyline(QPolygonF{{6, 2.8}, {2.8, 6}, {6, 9.2}});
            p.drawLine(QPointF(2.8, 6), QPointF(10, 6));
            p.drawArc(QRectF(6.6, 6, 6.6, 6.6), -90 * 16, 180 * 16);
            p.drawLine(QPointF(10, 12.6), QPointF(6, 12.6));
            break;
    }
}

class ShapeEngine : public QIconEngine {
public:
    explicit ShapeEngine(Icon which) : which_(which) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        const QPalette palette = QApplication::palette();
        const Colours& c = colours(palette);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->translate(rect.topLeft());
        painter->scale(rect.width() / 16.0, rect.height() / 16.0);
        if (mode == QIcon::Disabled) painter->setOpacity(0.4);
        drawShape(*painter, which_, c.text, c.error);
        painter->restore();
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap result(size);
        result.fill(Qt::transparent);
        QPainter painter(&result);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return result;
    }
    QIconEngine* clone() const override { return new ShapeEngine(*this); }

private:
    Icon which_;
};

}  // namespace

QIcon icon(Icon which) {
    return QIcon(new ShapeEngine(which));
}

}  // namespace overfeat::ui
