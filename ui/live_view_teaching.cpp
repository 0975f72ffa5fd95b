// SPDX-License-Identifier: Apache-2.0
//
// The picture while a person teaches: a box instead of the probe.
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <algorithm>

#include "ui/live_view.h"

namespace overfeat::ui {
namespace {

bool isArrow(int key) {
    return key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Up || key == Qt::Key_Down;
}

// Arrows of a keypad are arrows.
Qt::KeyboardModifiers modifiersOf(const QKeyEvent& event) {
    return event.modifiers() & ~Qt::KeyboardModifiers(Qt::KeypadModifier);
}

SizePx sizeOf(const FramePtr& frame) {
    return frame ? frame->image.size() : SizePx{};
}

}  // namespace

void LiveView::setTeaching(bool on) {
    if (on == teaching_) return;
    teaching_ = on;
    if (on) {
        hover_at_.reset();
        setCurrentObject(std::nullopt);
        releaseProbe();
        setCursor(Qt::CrossCursor);
        setAccessibleDescription(
            tr("Arrow keys move the box, with Shift they resize it. Return asks for its name, "
               "Escape removes it."));
    } else {
        unsetCursor();
        removeBox();
    }
    update();
}

std::optional<RectPx> LiveView::wantedBox() const {
    if (sizeOf(shownFrame()).empty()) return std::nullopt;
    return box_.box() ? box_.box() : box_.suggestion(sizeOf(shownFrame()));
}

void LiveView::setBox(const RectPx& box, const FramePtr& frame) {
    const FramePtr& of = frame ? frame : shownFrame();
    if (!of) return;
    held_frame_ = of;
    box_.setBox(box, sizeOf(shownFrame()));
    update();
    emit boxBegun();
    emit boxChanged();
    emit boxDrawn();
}

void LiveView::setSuggestedBox(const std::optional<RectPx>& box) {
    box_.setSuggestion(box);
    if (teaching_ && !box_.box()) update();
}

void LiveView::removeBox() {
    const bool had_one = box_.box().has_value();
    box_.setBox(std::nullopt, {});
    letFrameGo();
    update();
    if (had_one) emit boxChanged();
}

void LiveView::letFrameGo() {
    if (!held_frame_) return;
    held_frame_.reset();
    // The newest frame may be of another size than the one the box was drawn on.
    if (box_.box()) box_.setBox(box_.box(), sizeOf(shownFrame()));
    if (dropsResults()) setProbe(std::nullopt);
    update();
}

// Frames go on coming until whoever brings them has stopped.
void LiveView::beginBox() {
    held_frame_ = shownFrame();
    emit boxBegun();
}

void LiveView::moveTeaching(const QMouseEvent& event) {
    const PictureGeometry geometry = this->geometry();
    if (geometry.isEmpty()) return;
    if (box_.isHeld()) {
        const bool is_new = !box_.holdsBox();
        if (!box_.drag(event.position(), geometry, sizeOf(shownFrame()))) return;
        if (is_new && !held_frame_) beginBox();
        update();
        emit boxChanged();
    }
    const bool takes_object =
        !box_.isHeld() && !box_.box() && objectAt(event.position()).has_value();
    setCursor(takes_object ? Qt::PointingHandCursor
                           : box_.cursorAt(event.position(), geometry, sizeOf(shownFrame())));
}

void LiveView::releaseTeaching() {
    const bool is_new = !box_.holdsBox();
    const QPointF point = box_.pressedAt();
    const BoxEditor::Ended ended = box_.release();
    if (ended == BoxEditor::Ended::kChange) {
        update();
        emit boxChanged();
        if (is_new) emit boxDrawn();
    } else if (ended == BoxEditor::Ended::kClick && is_new) {
        if (const auto object = objectAt(point); object && !box_.box()) {
            setBox(objects_.get()->objects[*object].box, recognised_frame_);
        } else if (box_.isOverSuggestion(point, geometry(), sizeOf(shownFrame()))) {
            setBox(box_.suggestion(sizeOf(shownFrame())), nullptr);
        }
    }
}

bool LiveView::pressTeaching(const QKeyEvent& event) {
    if (geometry().isEmpty()) return false;
    const int key = event.key();
    if (isArrow(key)) {
        if (!box_.box() && !held_frame_) beginBox();
        const double step = std::max(1.0, 1 / geometry().scale()) * (event.isAutoRepeat() ? 4 : 1);
        box_.nudge(static_cast<Qt::Key>(key), modifiersOf(event) == Qt::ShiftModifier, step,
                   sizeOf(shownFrame()));
        update();
        emit boxChanged();
        return true;
    }
    switch (key) {
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (!box_.box() && objects_.current() && showsObjects()) {  // reached with Tab
                setBox(objects_.get()->objects[*objects_.current()].box, recognised_frame_);
            } else if (!box_.box()) {
                setBox(box_.suggestion(sizeOf(shownFrame())), nullptr);
            } else {
                emit boxDrawn();
            }
            return true;
        case Qt::Key_Escape:
            if (!box_.box()) return false;
            removeBox();
            return true;
        case Qt::Key_PageUp:
        case Qt::Key_PageDown:
            return true;  // the probe's
        default:
            return false;
    }
}

bool LiveView::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && teaching_ && !geometry().isEmpty()) {
        // In a video Shift with an arrow jumps, but not while it means the box.
        const auto* key = static_cast<QKeyEvent*>(event);
        const auto modifiers = modifiersOf(*key);
        if (isArrow(key->key()) &&
            (modifiers == Qt::NoModifier || modifiers == Qt::ShiftModifier)) {
            event->accept();
            return true;
        }
    }
    return QWidget::event(event);
}

void LiveView::contextMenuEvent(QContextMenuEvent* event) {
    const PictureGeometry geometry = this->geometry();
    const bool by_keyboard = event->reason() == QContextMenuEvent::Keyboard;
    const QPointF point(event->pos());
    const bool box_there =
        teaching_ && box_.box() && (by_keyboard || box_.holdsAt(point, geometry));
    const auto object = by_keyboard ? objects_.current() : objectAt(point);
    if (!box_there && object && showsObjects()) {
        const QRectF place = geometry.toWidget(objects_.get()->objects[*object].box);
        emit menuWanted(object,
                        by_keyboard ? mapToGlobal(place.center().toPoint()) : event->globalPos());
    } else if (teaching_ && !geometry.isEmpty() &&
               (box_there || by_keyboard ||
                box_.isOverSuggestion(point, geometry, sizeOf(shownFrame())))) {
        const QRectF place = geometry.toWidget(*wantedBox());
        emit menuWanted(std::nullopt,
                        by_keyboard ? mapToGlobal(place.center().toPoint()) : event->globalPos());
    } else {
        event->ignore();
    }
}

}  // namespace overfeat::ui
