// SPDX-License-Identifier: Apache-2.0
#include "ui/layer_mosaic.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <utility>

#include "ui/layer_picture.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr int kMostColumns = 8;
constexpr int kGap = 2;
constexpr int kUsualWidth = 296;

}  // namespace

LayerMosaic::LayerMosaic(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Channels of the layer"));
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void LayerMosaic::setMaps(std::shared_ptr<const LayerMaps> maps) {
    const auto shape = [](const LayerMaps* of) {
        return of ? std::pair(of->keptChannels(), of->cells) : std::pair(std::size_t{0}, SizePx{});
    };
    const bool other_size = shape(maps_.get()) != shape(maps.get());
    maps_ = std::move(maps);
    if (other_size) updateGeometry();
    update();
    if (isVisible()) describe();  // the number under a pointer that rests changes, too
}

void LayerMosaic::setChannel(std::optional<std::size_t> channel) {
    if (channel == channel_) return;
    channel_ = channel;
    update();
}

int LayerMosaic::columns() const {
    const auto count = static_cast<int>(maps_ ? maps_->keptChannels() : 0);
    return std::clamp(static_cast<int>(std::ceil(std::sqrt(count))), 1, kMostColumns);
}

QRect LayerMosaic::tile(std::size_t channel) const {
    if (!maps_ || !maps_->keeps(channel)) return {};
    const int index = static_cast<int>(channel - maps_->first_channel);
    const int step = (width() + kGap) / columns();
    // As wide as high as the picture is, within reason.
    const double shape = std::clamp(
        static_cast<double>(maps_->cells.height) / std::max(maps_->cells.width, 1), 0.25, 2.0);
    const int height = std::max(1, static_cast<int>(std::lround((step - kGap) * shape)));
    return {index % columns() * step, index / columns() * (height + kGap), step - kGap, height};
}

int LayerMosaic::heightForWidth(int width) const {
    if (!maps_ || maps_->keptChannels() == 0) return 0;
    const int step = (width + kGap) / columns();
    const double shape = std::clamp(
        static_cast<double>(maps_->cells.height) / std::max(maps_->cells.width, 1), 0.25, 2.0);
    const int height = std::max(1, static_cast<int>(std::lround((step - kGap) * shape)));
    const int count = static_cast<int>(maps_->keptChannels());
    return (count + columns() - 1) / columns() * (height + kGap);
}

QSize LayerMosaic::sizeHint() const {
    const int width = scaled(kUsualWidth);
    return {width, heightForWidth(width)};
}

QSize LayerMosaic::minimumSizeHint() const {
    return {scaled(120), 0};
}

void LayerMosaic::paintEvent(QPaintEvent* event) {
    if (!maps_) return;
    QPainter painter(this);
    const Colours& c = colours(*this);
    const std::size_t last = maps_->first_channel + maps_->keptChannels();
    for (std::size_t channel = maps_->first_channel; channel < last; ++channel) {
        const QRect place = tile(channel);
        if (!event->rect().intersects(place)) continue;
        QImage picture = channelPicture(*maps_, channel, false);
        // Cells as they are where there is room for them, else averaged and not picked.
        const QSize pixels = place.size() * devicePixelRatioF();
        if (picture.width() > pixels.width() || picture.height() > pixels.height())
            picture = picture.scaled(pixels, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
        painter.drawImage(place, picture);
        if (channel == channel_) {
            painter.setPen(QPen(c.accent, 3));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(place.adjusted(1, 1, -2, -2));
        }
    }
    if (hasFocus() && !channel_) {
        painter.setPen(QPen(c.accent, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

std::optional<std::size_t> LayerMosaic::channelAt(const QPoint& point) const {
    if (!maps_) return std::nullopt;
    const std::size_t last = maps_->first_channel + maps_->keptChannels();
    for (std::size_t channel = maps_->first_channel; channel < last; ++channel) {
        if (tile(channel).contains(point)) return channel;
    }
    return std::nullopt;
}

void LayerMosaic::choose(std::optional<std::size_t> channel) {
    if (channel == channel_) return;
    setChannel(channel);
    emit channelChosen(channel_);
}

void LayerMosaic::mousePressEvent(QMouseEvent* event) {
    const auto channel = channelAt(event->position().toPoint());
    if (event->button() != Qt::LeftButton || !channel) {
        QWidget::mousePressEvent(event);
        return;
    }
    choose(channel == channel_ ? std::nullopt : channel);
}

void LayerMosaic::mouseMoveEvent(QMouseEvent* event) {
    pointer_ = event->position().toPoint();
    describe();
}

void LayerMosaic::leaveEvent(QEvent*) {
    pointer_.reset();
    describe();
}

void LayerMosaic::describe() {
    const auto channel = pointer_ ? channelAt(*pointer_) : std::nullopt;
    if (!channel) {
        emit pointedAt({});
        return;
    }
    const QRect place = tile(*channel);
    const QPoint in = *pointer_ - place.topLeft();
    const CellIndex cell{
        .row = std::min(in.y() * maps_->cells.height / place.height(), maps_->cells.height - 1),
        .column = std::min(in.x() * maps_->cells.width / place.width(), maps_->cells.width - 1)};
    const ChannelRange range = channelRange(maps_->plane(*channel));
    emit pointedAt(tr("%1: %2 at row %3, column %4; colours from %5 to %6")
                       .arg(channelText(*channel), valueText(valueAt(*maps_, *channel, cell)))
                       .arg(cell.row)
                       .arg(cell.column)
                       .arg(valueText(range.low), valueText(range.high)));
}

void LayerMosaic::keyPressEvent(QKeyEvent* event) {
    const std::size_t count = maps_ ? maps_->keptChannels() : 0;
    int step = 0;
    switch (event->key()) {
        case Qt::Key_Left:
            step = -1;
            break;
        case Qt::Key_Right:
            step = 1;
            break;
        case Qt::Key_Up:
            step = -columns();
            break;
        case Qt::Key_Down:
            step = columns();
            break;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (count > 0) choose(channel_ ? std::nullopt : std::optional(maps_->first_channel));
            return;
        default:
            break;
    }
    if (step == 0 || count == 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    const auto first = static_cast<std::ptrdiff_t>(maps_->first_channel);
    const auto last = first + static_cast<std::ptrdiff_t>(count) - 1;
    const bool inside = channel_ && maps_->keeps(*channel_);
    const std::ptrdiff_t next =
        inside ? std::clamp(static_cast<std::ptrdiff_t>(*channel_) + step, first, last) : first;
    choose(static_cast<std::size_t>(next));
}

}  // namespace overfeat::ui
