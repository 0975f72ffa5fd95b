// SPDX-License-Identifier: Apache-2.0
#include "ui/box_editor.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr double kHandle = 9;      // side of a handle, widget pixels
constexpr double kReach = 8;       // so near to a side the mouse takes it
constexpr double kDragStarts = 4;  // before, a press is a click

RectPx wholeOf(SizePx frame) {
    return {0, 0, static_cast<double>(frame.width), static_cast<double>(frame.height)};
}

// Between two corners, in the frame, and not too small.
RectPx between(PointPx a, PointPx b, SizePx frame) {
    const auto span = [](double from, double to, double most) {
        double low = std::clamp(std::min(from, to), 0.0, most);
        double high = std::clamp(std::max(from, to), 0.0, most);
        const double lacking = std::min(BoxEditor::kLeastSide_px, most) - (high - low);
        if (lacking > 0) {
            (to < from ? low : high) += to < from ? -lacking : lacking;
            if (low < 0) std::tie(low, high) = std::pair(0.0, high - low);
            if (high > most) std::tie(low, high) = std::pair(low - (high - most), most);
        }
        return std::pair(low, high);
    };
    const auto [left, right] = span(a.x, b.x, frame.width);
    const auto [top, bottom] = span(a.y, b.y, frame.height);
    return {left, top, right - left, bottom - top};
}

RectPx movedInside(RectPx box, SizePx frame) {
    box.width = std::min(box.width, static_cast<double>(frame.width));
    box.height = std::min(box.height, static_cast<double>(frame.height));
    box.x = std::clamp(box.x, 0.0, frame.width - box.width);
    box.y = std::clamp(box.y, 0.0, frame.height - box.height);
    return box;
}

// Dark below, bright above: to be seen on any picture.
void drawOutline(QPainter& painter, const QRectF& box, Qt::PenStyle style) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 170), 4));
    painter.drawRect(box);
    QPen bright(Qt::white, 2, style);
    bright.setCapStyle(Qt::FlatCap);
    painter.setPen(bright);
    painter.drawRect(box);
}

void drawHandles(QPainter& painter, const QRectF& box) {
    const bool small = std::min(box.width(), box.height()) < 4 * kHandle;
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1));
    painter.setBrush(Qt::white);
    for (const double x : {0.0, 0.5, 1.0}) {
        for (const double y : {0.0, 0.5, 1.0}) {
            const bool corner = x != 0.5 && y != 0.5;
            if ((x == 0.5 && y == 0.5) || (small && !corner)) continue;
            const QPointF at(box.left() + x * box.width(), box.top() + y * box.height());
            painter.drawRect(
                QRectF(at - QPointF(kHandle / 2, kHandle / 2), QSizeF(kHandle, kHandle)));
        }
    }
}

void drawTag(QPainter& painter, const QRectF& box, const QRectF& area, const QString& text) {
    const QFont font = themeFont(TextSize::kSmall);
    const QFontMetricsF metrics(font);
    QRectF plate(0, 0, metrics.horizontalAdvance(text) + 2 * spacing::kSmall,
                 std::ceil(metrics.height()) + spacing::kTight);
    if (plate.width() > area.width()) return;
    plate.moveCenter({box.center().x(), box.bottom() + plate.height() / 2 + spacing::kTight});
    if (plate.bottom() > area.bottom()) plate.moveBottom(box.bottom() - spacing::kTight);
    if (plate.left() < area.left()) plate.moveLeft(area.left());
    if (plate.right() > area.right()) plate.moveRight(area.right());
    painter.setPen(Qt::NoPen);
    painter.setBrush(plateColour());
    painter.drawRoundedRect(plate, 3, 3);
    painter.setFont(font);
    painter.setPen(plateText());
    painter.drawText(plate, Qt::AlignCenter | Qt::TextSingleLine, text);
}

}  // namespace

void BoxEditor::setBox(std::optional<RectPx> box, SizePx frame) {
    held_ = false;
    const bool usable = box && !frame.empty() && std::isfinite(box->x) && std::isfinite(box->y) &&
                        intersection(*box, wholeOf(frame)).area() > 0;
    if (!usable) {
        box_.reset();
        return;
    }
    const RectPx inside = intersection(*box, wholeOf(frame));
    box_ = between({inside.x, inside.y}, {inside.right(), inside.bottom()}, frame);
}

void BoxEditor::clear() {
    box_.reset();
    suggestion_.reset();
    held_ = false;
}

RectPx BoxEditor::suggestion(SizePx frame) const {
    const RectPx whole = wholeOf(frame);
    if (suggestion_) {
        const RectPx inside = intersection(*suggestion_, whole);
        if (inside.width >= kLeastSide_px && inside.height >= kLeastSide_px) return inside;
    }
    return {whole.width / 4, whole.height / 4, whole.width / 2, whole.height / 2};
}

std::optional<BoxEditor::Grip> BoxEditor::gripAt(const QPointF& point,
                                                 const PictureGeometry& geometry) const {
    if (!box_) return std::nullopt;
    const QRectF box = geometry.toWidget(*box_);
    if (!box.adjusted(-kReach, -kReach, kReach, kReach).contains(point)) return std::nullopt;
    // In a small box half of it is for moving.
    const auto side = [](double at, double low, double high) {
        const double reach = std::min(kReach, (high - low) / 4);
        return at < low + reach ? -1 : at > high - reach ? 1 : 0;
    };
    return Grip{side(point.x(), box.left(), box.right()), side(point.y(), box.top(), box.bottom())};
}

bool BoxEditor::holdsAt(const QPointF& point, const PictureGeometry& geometry) const {
    return gripAt(point, geometry).has_value();
}

bool BoxEditor::isOverSuggestion(const QPointF& point, const PictureGeometry& geometry,
                                 SizePx frame) const {
    return !box_ && geometry.toWidget(suggestion(frame)).contains(point);
}

Qt::CursorShape BoxEditor::cursorAt(const QPointF& point, const PictureGeometry& geometry,
                                    SizePx frame) const {
    if (const auto grip = held_ ? grip_ : gripAt(point, geometry)) {
        if (grip->x == 0 && grip->y == 0) return Qt::SizeAllCursor;
        if (grip->x == 0) return Qt::SizeVerCursor;
        if (grip->y == 0) return Qt::SizeHorCursor;
        return grip->x == grip->y ? Qt::SizeFDiagCursor : Qt::SizeBDiagCursor;
    }
    if (!held_ && isOverSuggestion(point, geometry, frame)) return Qt::PointingHandCursor;
    return Qt::CrossCursor;
}

void BoxEditor::press(const QPointF& point, const PictureGeometry& geometry) {
    held_ = true;
    dragged_ = false;
    pressed_at_ = point;
    pressed_px_ = geometry.toPicture(point);
    grip_ = gripAt(point, geometry);
    box_before_ = box_;
}

RectPx BoxEditor::draggedTo(PointPx point, SizePx frame) const {
    if (!grip_) return between(pressed_px_, point, frame);
    const RectPx& before = *box_before_;
    const double by_x = point.x - pressed_px_.x;
    const double by_y = point.y - pressed_px_.y;
    if (*grip_ == Grip{}) {
        return movedInside({before.x + by_x, before.y + by_y, before.width, before.height}, frame);
    }
    // The side that is not pulled stays where it is; a box pulled past it turns over.
    const PointPx fixed{grip_->x < 0 ? before.right() : before.x,
                        grip_->y < 0 ? before.bottom() : before.y};
    const PointPx pulled{
        grip_->x < 0 ? before.x + by_x : before.right() + (grip_->x > 0 ? by_x : 0),
        grip_->y < 0 ? before.y + by_y : before.bottom() + (grip_->y > 0 ? by_y : 0)};
    return between(fixed, pulled, frame);
}

bool BoxEditor::drag(const QPointF& point, const PictureGeometry& geometry, SizePx frame) {
    if (!held_) return false;
    const QPointF way = point - pressed_at_;
    dragged_ = dragged_ || std::hypot(way.x(), way.y()) >= kDragStarts;
    if (!dragged_) return false;
    const RectPx now = draggedTo(geometry.toPicture(point), frame);
    return std::exchange(box_, now) != now;
}

BoxEditor::Ended BoxEditor::release() {
    if (!std::exchange(held_, false)) return Ended::kNothing;
    return dragged_ ? Ended::kChange : Ended::kClick;
}

void BoxEditor::nudge(Qt::Key arrow, bool resize, double step_px, SizePx frame) {
    RectPx box = box_.value_or(suggestion(frame));
    const double by_x = arrow == Qt::Key_Left ? -step_px : arrow == Qt::Key_Right ? step_px : 0;
    const double by_y = arrow == Qt::Key_Up ? -step_px : arrow == Qt::Key_Down ? step_px : 0;
    if (resize) {
        const auto grown = [](double side, double room) {
            return std::max(kLeastSide_px, std::min(side, room));
        };
        box.width = grown(box.width + by_x, frame.width - box.x);
        box.height = grown(box.height + by_y, frame.height - box.y);
    } else {
        box.x += by_x;
        box.y += by_y;
    }
    box_ = movedInside(box, frame);
}

void BoxEditor::draw(QPainter& painter, const PictureGeometry& geometry, SizePx frame) const {
    painter.save();
    const QRectF& seen = geometry.visible();
    painter.setClipRect(seen.adjusted(-kHandle, -kHandle, kHandle, kHandle));
    painter.setRenderHint(QPainter::Antialiasing);
    if (!box_) {
        const QRectF suggested = geometry.toWidget(suggestion(frame));
        drawOutline(painter, suggested, Qt::DashLine);
        drawTag(painter, suggested, seen,
                QCoreApplication::translate("LiveView", "Click to take this box, or drag another"));
        painter.restore();
        return;
    }
    const QRectF box = geometry.toWidget(*box_);
    QPainterPath rest;
    rest.addRect(seen);
    QPainterPath hole;
    hole.addRect(box);
    painter.fillPath(rest.subtracted(hole), QColor(0, 0, 0, 120));
    drawOutline(painter, box, Qt::SolidLine);
    drawHandles(painter, box);
    if (held_) {
        drawTag(painter, box, seen,
                QStringLiteral("%1 \u00d7 %2")
                    .arg(std::lround(box_->width))
                    .arg(std::lround(box_->height)));
    }
    painter.restore();
}

}  // namespace overfeat::ui
