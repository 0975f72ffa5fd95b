// SPDX-License-Identifier: Apache-2.0
#include "ui/time_line.h"

#include <QMouseEvent>
#include <QStyle>
#include <QStyleOptionSlider>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/clock_text.h"

namespace overfeat::ui {
namespace {

constexpr double kTicksPerSecond = 1000;
constexpr int kStep_ms = 5'000;
constexpr int kPage_ms = 60'000;
constexpr int kAskEvery_ms = 60;
constexpr int kPatience_ms = 2'000;
// A video that plays is a little further already when it says where it is.
constexpr double kThere_s = 1.0;

int ticksOf(double seconds) {
    if (!(seconds > 0)) return 0;
    constexpr double kMost = std::numeric_limits<int>::max() / kTicksPerSecond;
    return static_cast<int>(std::lround(std::min(seconds, kMost) * kTicksPerSecond));
}

}  // namespace

TimeLine::TimeLine(QWidget* parent) : QSlider(Qt::Horizontal, parent) {
    setAccessibleName(tr("Position in the video"));
    setMouseTracking(true);
    setTracking(true);
    setRange(0, 0);
    setSingleStep(kStep_ms);
    setPageStep(kPage_ms);
    setFocusPolicy(Qt::TabFocus);  // a click leaves the keyboard with the picture
    ask_timer_.setSingleShot(true);
    patience_.setSingleShot(true);
    connect(&ask_timer_, &QTimer::timeout, this, &TimeLine::ask);
    connect(&patience_, &QTimer::timeout, this, [this] { has_asked_ = false; });
    connect(this, &QSlider::actionTriggered, this, [this] {
        has_asked_ = true;
        patience_.start(kPatience_ms);
        setValue(sliderPosition());
        if (!isSliderDown()) {
            ask();
        } else if (!ask_timer_.isActive()) {
            ask_timer_.start(kAskEvery_ms);
        }
    });
    connect(this, &QSlider::valueChanged, this, &TimeLine::shownTimeChanged);
}

void TimeLine::setDuration(double seconds) {
    setMaximum(ticksOf(seconds));
}

void TimeLine::setTime(double seconds) {
    if (isSliderDown()) return;
    if (has_asked_ && std::abs(seconds - shownTime()) > kThere_s) return;
    has_asked_ = false;
    setValue(ticksOf(seconds));
}

double TimeLine::shownTime() const {
    return value() / kTicksPerSecond;
}

double TimeLine::duration() const {
    return maximum() / kTicksPerSecond;
}

void TimeLine::goTo(double seconds) {
    if (!isEnabled() || isSliderDown()) return;
    setSliderPosition(std::clamp(ticksOf(seconds), minimum(), maximum()));  // asks by itself
}

void TimeLine::ask() {
    ask_timer_.stop();
    emit seekRequested(shownTime());
}

double TimeLine::timeAt(double x) const {
    QStyleOptionSlider option;
    initStyleOption(&option);
    const QRect groove =
        style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderGroove, this);
    const int handle = style()->pixelMetric(QStyle::PM_SliderLength, &option, this);
    return QStyle::sliderValueFromPosition(minimum(), maximum(),
                                           static_cast<int>(x) - groove.left() - handle / 2,
                                           groove.width() - handle) /
           kTicksPerSecond;
}

void TimeLine::mouseMoveEvent(QMouseEvent* event) {
    QSlider::mouseMoveEvent(event);
    if (!isEnabled()) return;
    const double time = isSliderDown() ? shownTime() : timeAt(event->position().x());
    QToolTip::showText(event->globalPosition().toPoint() + QPoint(-12, -44), clockText(time, true),
                       this);
}

void TimeLine::mouseReleaseEvent(QMouseEvent* event) {
    const bool pulled = isSliderDown();
    QSlider::mouseReleaseEvent(event);
    if (!pulled) return;
    has_asked_ = true;
    patience_.start(kPatience_ms);
    ask();
}

void TimeLine::changeEvent(QEvent* event) {
    QSlider::changeEvent(event);
    if (event->type() == QEvent::EnabledChange && !isEnabled()) {
        ask_timer_.stop();
        has_asked_ = false;
    }
}

}  // namespace overfeat::ui
