// SPDX-License-Identifier: Apache-2.0
#include "ui/layer_inspector.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/layer_mosaic.h"
#include "ui/layer_picture.h"
#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

QToolButton* addButton(QHBoxLayout& row, const QString& text, const QString& name,
                       QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setText(text);
    button->setAccessibleName(name);
    button->setToolTip(name);
    button->setFixedSize(scaled(28), scaled(28));
    row.addWidget(button);
    return button;
}

}  // namespace

LayerInspector::LayerInspector(QWidget* parent) : QWidget(parent) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kTight);
    auto* header = new QHBoxLayout;
    title_ = paragraph({}, this);
    title_->setFont(themeFont(TextSize::kSmall, true));
    header->addWidget(title_, 1);
    previous_ = addButton(*header, QStringLiteral("\u2039"), tr("Channels before these"), this);
    next_ = addButton(*header, QStringLiteral("\u203a"), tr("Channels after these"), this);
    auto* close = addButton(*header, QStringLiteral("\u00d7"), tr("Close the layer"), this);
    layout->addLayout(header);
    words_ = remark({}, this);
    layout->addWidget(words_);
    mosaic_ = new LayerMosaic(this);
    layout->addWidget(mosaic_);
    value_ = remark({}, this);
    value_->setMinimumHeight(2 * value_->fontMetrics().height());  // nothing moves when it comes
    value_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    layout->addWidget(value_);
    connect(previous_, &QToolButton::clicked, this, [this] { turnPage(-1); });
    connect(next_, &QToolButton::clicked, this, [this] { turnPage(1); });
    connect(close, &QToolButton::clicked, this, &LayerInspector::closed);
    connect(mosaic_, &LayerMosaic::channelChosen, this, [this](std::optional<std::size_t> channel) {
        emit channelChosen(channel);
        ask();
    });
    connect(mosaic_, &LayerMosaic::pointedAt, this, [this](const QString& text) {
        pointed_at_ = text;
        showWords();
    });
    hide();
}

void LayerInspector::setLayer(const QString& name) {
    if (name == name_) return;
    name_ = name;
    title_->setText(layerText(name_));
    setVisible(!name_.isEmpty());
    startAnew();
}

void LayerInspector::startAnew() {
    first_channel_ = 0;
    page_ = LayerMaps::kMostChannels;
    maps_.reset();
    mosaic_->setMaps(nullptr);
    letGo();
    showWords();
    ask();
}

bool LayerInspector::letGo() {
    if (!mosaic_->channel()) return false;
    mosaic_->setChannel(std::nullopt);
    emit channelChosen(std::nullopt);
    showWords();
    ask();
    return true;
}

void LayerInspector::setMaps(const std::shared_ptr<const LayerMaps>& maps) {
    if (maps && (name_.isEmpty() || layerId(maps->name) != name_)) return;
    maps_ = maps;
    if (maps_ && maps_->cellCount() > 0) page_ = LayerMaps::channelsKept(maps_->cellCount());
    mosaic_->setMaps(maps_);
    showWords();
}

void LayerInspector::setChannel(std::optional<std::size_t> channel) {
    mosaic_->setChannel(channel);
    ask();
}

void LayerInspector::turnPage(int pages) {
    const std::size_t channels = maps_ ? maps_->channels : 0;
    letGo();  // it is on this page, and no other page is told meanwhile
    if (pages < 0) {
        first_channel_ -= std::min(first_channel_, page_);
    } else if (first_channel_ + page_ < channels) {
        first_channel_ += page_;
    }
    ask();
}

void LayerInspector::ask() {
    std::optional<LayerLook> look;
    if (!name_.isEmpty() && (isVisible() || mosaic_->channel())) {
        look = LayerLook{.name = layerName(name_), .first_channel = first_channel_};
    }
    if (look == asked_) return;
    asked_ = look;
    emit wanted(asked_);
}

void LayerInspector::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    ask();
}

void LayerInspector::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    ask();
}

void LayerInspector::showWords() {
    const bool has_maps = maps_ && maps_->keptChannels() > 0;
    const std::size_t first = has_maps ? maps_->first_channel : 0;
    const std::size_t kept = has_maps ? maps_->keptChannels() : 0;
    if (has_maps) {
        const QLocale locale;
        const auto number = [&](std::size_t n) {
            return locale.toString(static_cast<qulonglong>(n));
        };
        const QString cells = tr("%1 x %2 cells").arg(maps_->cells.height).arg(maps_->cells.width);
        words_->setText(kept == maps_->channels ? tr("%1 channels of %2").arg(number(kept), cells)
                                                : tr("Channels %1 to %2 of %3, %4")
                                                      .arg(number(first), number(first + kept - 1),
                                                           number(maps_->channels), cells));
    } else {
        words_->setText(maps_ && !maps_->problem.empty() ? QString::fromStdString(maps_->problem)
                                                         : tr("Waiting for the next result."));
    }
    previous_->setEnabled(has_maps && first > 0);
    next_->setEnabled(has_maps && first + kept < maps_->channels);
    value_->setText(!has_maps                ? QString()
                    : !pointed_at_.isEmpty() ? pointed_at_
                    : mosaic_->channel() ? tr("Over the picture: channel %1. Click it again, or "
                                              "Escape, takes it away.")
                                               .arg(*mosaic_->channel())
                                         : tr("Click a channel to lay it over the picture. Each "
                                              "has its own range of colours."));
}

}  // namespace overfeat::ui
