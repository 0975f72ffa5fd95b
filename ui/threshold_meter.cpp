// SPDX-License-Identifier: Apache-2.0
#include "ui/threshold_meter.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QSignalBlocker>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr double kHandleWidth = 5;
constexpr int kSteps = 100;
constexpr int kKeyPause_ms = 400;

}  // namespace

ThresholdMeter::ThresholdMeter(QWidget* parent) : QAbstractSlider(parent) {
    setRange(0, kSteps);
    setSingleStep(1);
    setPageStep(5);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setCursor(Qt::SizeHorCursor);
    key_pause_.setSingleShot(true);
    key_pause_.setInterval(kKeyPause_ms);
    connect(&key_pause_, &QTimer::timeout, this, &ThresholdMeter::tell);
    connect(this, &QAbstractSlider::valueChanged, this, qOverload<>(&QWidget::update));
}

void ThresholdMeter::setThreshold(double threshold, bool automatic) {
    if (isSliderDown() || key_pause_.isActive()) return;
    const QSignalBlocker quiet(this);
    setValue(static_cast<int>(std::lround(std::clamp(threshold, 0.0, 1.0) * kSteps)));
    automatic_ = automatic;
    setAccessibleDescription(automatic ? tr("set automatically") : tr("set by hand"));
    update();
}

double ThresholdMeter::threshold() const {
    return static_cast<double>(value()) / kSteps;
}

void ThresholdMeter::setSimilarity(std::optional<double> similarity, bool accepted) {
    if (similarity == similarity_ && accepted == accepted_) return;
    similarity_ = similarity;
    accepted_ = accepted;
    update();
}

void ThresholdMeter::setColour(const QColor& colour) {
    if (colour == colour_) return;
    colour_ = colour;
    update();
}

QRectF ThresholdMeter::track() const {
    return QRectF(rect()).adjusted(kHandleWidth / 2 + 1, height() / 2.0 - 3, -kHandleWidth / 2 - 1,
                                   -(height() / 2.0 - 3));
}

double ThresholdMeter::xOf(double value) const {
    return track().left() + std::clamp(value, 0.0, 1.0) * track().width();
}

int ThresholdMeter::valueAt(double x) const {
    const QRectF line = track();
    if (line.width() <= 0) return value();
    return static_cast<int>(
        std::lround(std::clamp((x - line.left()) / line.width(), 0.0, 1.0) * kSteps));
}

void ThresholdMeter::paintEvent(QPaintEvent*) {
    const Colours& c = colours(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (!isEnabled()) painter.setOpacity(0.5);
    const QRectF line = track();
    painter.setPen(Qt::NoPen);
    painter.setBrush(c.outline);
    painter.drawRoundedRect(line, 3, 3);
    if (similarity_ && std::isfinite(*similarity_) && *similarity_ > 0) {
        QRectF filled = line;
        filled.setRight(std::max(line.left() + 6, xOf(*similarity_)));
        QColor colour = colour_.isValid() ? colour_ : c.accent;
        if (!accepted_) colour.setAlphaF(0.4F);
        painter.setBrush(colour);
        painter.drawRoundedRect(filled, 3, 3);
    }
    // The threshold; hollow while it is automatic, so that a hand-set one is seen at once.
    const bool active = isEnabled() && (isSliderDown() || underMouse() || hasFocus());
    QRectF handle(0, 0, kHandleWidth, height() - 4.0);
    handle.moveCenter({xOf(threshold()), line.center().y()});
    const QColor mark = active ? c.accent : c.text;
    painter.setPen(QPen(c.surface, 1.5));
    painter.setBrush(c.surface);
    painter.drawRoundedRect(handle.adjusted(-1.5, -1, 1.5, 1), 3, 3);
    painter.setPen(QPen(mark, 1.4));
    painter.setBrush(automatic_ ? c.surface : mark);
    painter.drawRoundedRect(handle.adjusted(0.7, 0.7, -0.7, -0.7), 2, 2);
    if (hasFocus()) {
        painter.setPen(QPen(c.accent, 1.2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.6, 0.6, -0.6, -0.6), 4, 4);
    }
}

void ThresholdMeter::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        event->ignore();
        return;
    }
    event->accept();
    value_when_pressed_ = value();
    // Near the handle it is taken where it is; elsewhere a click would throw the threshold away.
    constexpr double kReach = 8;
    if (std::abs(event->position().x() - xOf(threshold())) <= kReach) setSliderDown(true);
}

void ThresholdMeter::mouseMoveEvent(QMouseEvent* event) {
    if (!isSliderDown()) return;
    const int wanted = valueAt(event->position().x());
    if (wanted == value()) return;
    automatic_ = false;
    setValue(wanted);
}

void ThresholdMeter::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !isSliderDown()) return;
    setSliderDown(false);
    if (value() != value_when_pressed_) tell();
    update();
}

void ThresholdMeter::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) wantAutomatic();
}

// The wheel scrolls the list; a threshold changed in passing would not be noticed.
void ThresholdMeter::wheelEvent(QWheelEvent* event) {
    event->ignore();
}

bool ThresholdMeter::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_A) {
        event->accept();
        return true;
    }
    return QAbstractSlider::event(event);
}

void ThresholdMeter::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_A:
            wantAutomatic();
            return;
        case Qt::Key_Up:  // from class to class
        case Qt::Key_Down:
            event->ignore();
            return;
        default:
            break;
    }
    const int before = value();
    QAbstractSlider::keyPressEvent(event);
    if (value() == before) return;
    automatic_ = false;
    key_pause_.start();
}

void ThresholdMeter::focusOutEvent(QFocusEvent* event) {
    if (key_pause_.isActive()) tell();
    QAbstractSlider::focusOutEvent(event);
}

void ThresholdMeter::wantAutomatic() {
    key_pause_.stop();
    setSliderDown(false);
    emit automaticWanted();
}

void ThresholdMeter::tell() {
    key_pause_.stop();
    emit thresholdChosen(threshold());
}

}  // namespace overfeat::ui
