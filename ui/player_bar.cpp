// SPDX-License-Identifier: Apache-2.0
#include "ui/player_bar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolButton>
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/clock_text.h"
#include "ui/icons.h"
#include "ui/section.h"
#include "ui/theme.h"
#include "ui/time_line.h"

namespace overfeat::ui {
namespace {

constexpr std::array<double, 7> kSpeeds{0.25, 0.5, 0.75, 1, 1.5, 2, 4};
constexpr int kHeight = 36;

bool hasTimeLine(const SourceStatusView& status) {
    return status.form == SourceForm::kVideo && status.time_s >= 0 && status.duration_s > 0;
}

bool isFolder(const SourceStatusView& status) {
    return status.form == SourceForm::kPictures && !status.item.isEmpty() && status.length > 0;
}

int rowOf(double speed) {
    const auto* nearest = std::ranges::min_element(
        kSpeeds, {}, [speed](double listed) { return std::abs(listed - speed); });
    return static_cast<int>(nearest - kSpeeds.begin());
}

}  // namespace

PlayerBar::PlayerBar(QWidget* parent) : QWidget(parent) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, 0, spacing::kMedium, 0);
    layout->setSpacing(spacing::kSmall);
    setFixedHeight(scaled(kHeight));
    back_ = addButton(tr("Back"), {});
    back_->setIcon(icon(Icon::kStepBack));
    next_ = addButton(tr("Next"), {});
    next_->setIcon(icon(Icon::kStep));
    line_ = new TimeLine(this);
    layout->addWidget(line_, 1);
    place_ = remark({}, this);
    place_->setWordWrap(false);
    place_->setTextFormat(Qt::PlainText);
    place_->setAccessibleName(tr("Place"));
    layout->addWidget(place_);
    speed_ = new QComboBox(this);
    speed_->setAccessibleName(tr("Speed"));
    speed_->setToolTip(tr("Speed ([ and ], Backspace for 1x)"));
    speed_->setFocusPolicy(Qt::TabFocus);
    for (const double speed : kSpeeds)
        speed_->addItem(tr("%1\u00d7").arg(QLocale().toString(speed)));
    layout->addWidget(speed_);

    connect(back_, &QToolButton::clicked, this, &PlayerBar::stepBackRequested);
    connect(next_, &QToolButton::clicked, this, &PlayerBar::stepRequested);
    connect(line_, &TimeLine::seekRequested, this, &PlayerBar::seekRequested);
    connect(line_, &TimeLine::shownTimeChanged, this, &PlayerBar::showPlace);
    connect(speed_, &QComboBox::activated, this, &PlayerBar::takeSpeed);
    setSourceStatus({});
}

QToolButton* PlayerBar::addButton(const QString& name, const QString& tip) {
    auto* button = new QToolButton(this);
    button->setAccessibleName(name);
    button->setToolTip(tip);
    button->setIconSize(QSize(scaled(16), scaled(16)));
    button->setFixedSize(scaled(28), scaled(28));
    button->setFocusPolicy(Qt::TabFocus);  // a click leaves the keyboard with the picture
    layout()->addWidget(button);
    return button;
}

void PlayerBar::setSourceStatus(const SourceStatusView& status) {
    status_ = status;
    const bool video = hasTimeLine(status);
    const bool folder = isFolder(status);
    setVisible(video || folder);
    if (!video && !folder) return;
    line_->setVisible(video);
    speed_->setVisible(video);
    line_->setEnabled(status.can_seek);
    back_->setEnabled(folder || status.can_seek);
    if (video) {
        line_->setDuration(status.duration_s);
        line_->setTime(status.time_s);
        const QSignalBlocker quiet(speed_);
        speed_->setCurrentIndex(rowOf(status.speed));
    }
    back_->setAccessibleName(folder ? tr("Previous picture") : tr("Previous frame"));
    next_->setAccessibleName(folder ? tr("Next picture") : tr("Next frame"));
    back_->setToolTip(folder ? tr("Previous picture (,)") : tr("Previous frame (,)"));
    next_->setToolTip(folder ? tr("Next picture (.)") : tr("Next frame (.)"));
    showPlace();
}

void PlayerBar::showPlace() {
    if (hasTimeLine(status_)) {
        // At rest a frame is what counts.
        const bool rests = status_.phase == SourcePhase::kPaused;
        place_->setText(QStringLiteral("%1 / %2").arg(clockText(line_->shownTime(), rests),
                                                      clockText(status_.duration_s, rests)));
        place_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
    } else {
        const QLocale locale;
        place_->setText(tr("%1 of %2   %3")
                            .arg(locale.toString(std::max<qint64>(0, status_.position) + 1),
                                 locale.toString(status_.length), status_.item));
        place_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    }
}

void PlayerBar::goToStart() {
    line_->goTo(0);
}

void PlayerBar::goToEnd() {
    line_->goTo(line_->duration());
}

void PlayerBar::goBy(double seconds) {
    line_->goBy(seconds);
}

void PlayerBar::changeSpeed(int steps) {
    if (speed_->isHidden()) return;
    const int row = std::clamp(speed_->currentIndex() + steps, 0, speed_->count() - 1);
    speed_->setCurrentIndex(row);
    takeSpeed(row);
}

void PlayerBar::resetSpeed() {
    if (speed_->isHidden()) return;
    speed_->setCurrentIndex(rowOf(1));
    takeSpeed(speed_->currentIndex());
}

void PlayerBar::takeSpeed(int row) {
    emit speedChanged(kSpeeds[static_cast<std::size_t>(row)]);
}

void PlayerBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), colours(*this).surface);
    painter.fillRect(QRect(0, 0, width(), 1), colours(*this).outline);
}

}  // namespace overfeat::ui
