// SPDX-License-Identifier: Apache-2.0
//
// Mouse and keyboard of the picture.
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <cmath>
#include <utility>

#include "ui/live_view.h"

namespace overfeat::ui {

bool LiveView::releaseProbe() {
    if (!probe_) return false;
    setProbe(std::nullopt);
    return true;
}

std::optional<std::size_t> LiveView::objectAt(const QPointF& point) const {
    const PictureGeometry geometry = this->geometry();
    if (!showsObjects() || !geometry.visible().contains(point)) return std::nullopt;
    return objects_.at(geometry.toPicture(point));
}

void LiveView::mouseMoveEvent(QMouseEvent* event) {
    if (pressed_at_ && shownFrame()) {
        constexpr double kPullStarts = 4;
        const QPointF way = event->position() - *pressed_at_;
        pulled_ = pulled_ || std::hypot(way.x(), way.y()) >= kPullStarts;
        if (pulled_) {
            setZoom(pannedBy(shownFrame()->image.size(), size(), zoom_,
                             event->position() - pulled_from_));
            pulled_from_ = event->position();
        }
        return;
    }
    if (teaching_) {
        moveTeaching(*event);
        return;
    }
    if (probe_ && probe_->pinned) return;
    hover_at_ = event->position();
    if (showsChannel()) {  // its value is what the pointer asks for
        update();
        return;
    }
    const auto object = objectAt(event->position());
    setCurrentObject(object);
    if (object || objects_.ballot()) {
        setProbe(std::nullopt);
        return;
    }
    const PictureGeometry geometry = this->geometry();
    if (dropsResults() || !geometry.target().contains(event->position())) {
        setProbe(std::nullopt);
        return;
    }
    probe_by_keyboard_ = false;
    setProbe(probeAt(*recognition_, class_index_, options_.scale,
                     geometry.toPicture(event->position())));
}

void LiveView::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::MiddleButton && zoom_.factor > 1) {
        pressed_at_ = pulled_from_ = event->position();
        pulled_ = true;
        return;
    }
    if (event->button() != Qt::LeftButton) {
        QWidget::mousePressEvent(event);
        return;
    }
    if (geometry().isEmpty()) {
        emit openWanted();
        return;
    }
    if (teaching_) {
        box_.press(event->position(), geometry());
        return;
    }
    if (zoom_.factor > 1) {  // may become a pull; a click is only known when it ends
        pressed_at_ = pulled_from_ = event->position();
        pulled_ = false;
        return;
    }
    click(event->position());
}

void LiveView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && box_.isHeld()) {
        releaseTeaching();
        return;
    }
    const auto pressed_at = std::exchange(pressed_at_, std::nullopt);
    if (event->button() != Qt::LeftButton || !pressed_at) {
        QWidget::mouseReleaseEvent(event);
    } else if (!pulled_) {
        click(*pressed_at);
    }
}

void LiveView::wheelEvent(QWheelEvent* event) {
    const FramePtr& shown = shownFrame();
    if (!shown || event->angleDelta().y() == 0) {
        QWidget::wheelEvent(event);
        return;
    }
    constexpr double kPerNotch = 1.25;
    constexpr double kNotch = 120;  // Qt's unit: eighths of a degree, 15 degrees a notch
    setZoom(zoomedAt(shown->image.size(), size(), zoom_,
                     std::pow(kPerNotch, event->angleDelta().y() / kNotch), event->position()));
    event->accept();
}

void LiveView::click(const QPointF& point) {
    if (showsChannel()) return;
    if (const auto object = objectAt(point)) {
        openBallot(objects_.ballot() == object ? std::nullopt : object);
        return;
    }
    if (objects_.ballot()) {
        openBallot(std::nullopt);
        return;
    }
    setCurrentObject(std::nullopt);
    const PictureGeometry geometry = this->geometry();
    const bool was_pinned = probe_ && probe_->pinned;
    std::optional<Probe> probe;
    if (!dropsResults() && geometry.visible().contains(point)) {
        probe = probeAt(*recognition_, class_index_, options_.scale, geometry.toPicture(point));
    }
    if (probe) probe->pinned = !was_pinned;
    probe_by_keyboard_ = false;
    setProbe(probe);
}

void LiveView::focusInEvent(QFocusEvent* event) {
    focus_by_keyboard_ =
        event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    QWidget::focusInEvent(event);
}

// Tab goes through the objects before it goes on to the next widget.
bool LiveView::focusNextPrevChild(bool next) {
    if (showsObjects() && hasFocus() && objects_.count() > 0) {
        hover_at_.reset();  // the keyboard looks now
        const auto object = objects_.neighbour(next);
        if (objects_.ballot()) openBallot(object);
        setCurrentObject(object);
        if (object) return true;
    }
    return QWidget::focusNextPrevChild(next);
}

void LiveView::leaveEvent(QEvent*) {
    hover_at_.reset();
    if (showsChannel()) update();
    if (!hasFocus() || !focus_by_keyboard_) setCurrentObject(std::nullopt);
    if (probe_ && !probe_->pinned && !probe_by_keyboard_) setProbe(std::nullopt);
}

bool LiveView::moveProbe(int key) {
    if (dropsResults() || recognition_->scales.empty() || showsChannel()) return false;
    if (!probe_) {
        probe_by_keyboard_ = true;
        setProbe(probeAtPeak(*recognition_, class_index_.value_or(0), options_.scale));
        return probe_.has_value();
    }
    Probe moved = *probe_;
    switch (key) {
        case Qt::Key_Left:
            moved = movedBy(*probe_, *recognition_, 0, -1);
            break;
        case Qt::Key_Right:
            moved = movedBy(*probe_, *recognition_, 0, 1);
            break;
        case Qt::Key_Up:
            moved = movedBy(*probe_, *recognition_, -1, 0);
            break;
        case Qt::Key_Down:
            moved = movedBy(*probe_, *recognition_, 1, 0);
            break;
        case Qt::Key_PageUp:
            moved = movedToScale(*probe_, *recognition_, -1);
            break;
        case Qt::Key_PageDown:
            moved = movedToScale(*probe_, *recognition_, 1);
            break;
        default:  // Return
            moved.pinned = !moved.pinned;
    }
    probe_by_keyboard_ = true;
    setProbe(moved);
    return true;
}

void LiveView::keyPressEvent(QKeyEvent* event) {
    const bool handled = [&] {
        if (teaching_ && pressTeaching(*event)) return true;
        switch (event->key()) {
            case Qt::Key_Left:
            case Qt::Key_Right:
            case Qt::Key_Up:
            case Qt::Key_Down:
            case Qt::Key_PageUp:
            case Qt::Key_PageDown:
                return moveProbe(event->key());
            case Qt::Key_Return:
            case Qt::Key_Enter:
                if (objects_.current() && showsObjects() && !probe_) {
                    openBallot(objects_.ballot() == objects_.current() ? std::nullopt
                                                                       : objects_.current());
                    return true;
                }
                if (!geometry().isEmpty()) return moveProbe(event->key());
                emit openWanted();
                return true;
            case Qt::Key_Escape:
                if (objects_.ballot()) {
                    openBallot(std::nullopt);
                    return true;
                }
                return releaseProbe();
            default:
                return false;
        }
    }();
    if (!handled) QWidget::keyPressEvent(event);
}

}  // namespace overfeat::ui
