// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>
#include <QWidget>
#include <cstddef>
#include <memory>
#include <optional>

#include "engine/core/layer_maps.h"

namespace overfeat::ui {

// The channels of a layer side by side, as small pictures, each in its own range of colours. New
// maps are only stored; they are drawn when somebody sees them.
//
// A click chooses a channel, another one lets go of it; arrow keys go from channel to channel.
class LayerMosaic : public QWidget {
    Q_OBJECT
public:
    explicit LayerMosaic(QWidget* parent = nullptr);

    void setMaps(std::shared_ptr<const LayerMaps> maps);
    const std::shared_ptr<const LayerMaps>& maps() const { return maps_; }
    void setChannel(std::optional<std::size_t> channel);
    std::optional<std::size_t> channel() const { return channel_; }

    // Where a channel is drawn; empty if it is not.
    QRect tile(std::size_t channel) const;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void channelChosen(std::optional<std::size_t> channel);
    // What is under the pointer, in words; empty = nothing.
    void pointedAt(const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    std::optional<std::size_t> channelAt(const QPoint& point) const;
    void choose(std::optional<std::size_t> channel);
    void describe();
    int columns() const;

    std::shared_ptr<const LayerMaps> maps_;  // null = none
    std::optional<std::size_t> channel_;
    std::optional<QPoint> pointer_;
};

}  // namespace overfeat::ui
