// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>
#include <QPointF>
#include <QString>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/core/layer_maps.h"
#include "engine/core/score_map.h"
#include "ui/picture_geometry.h"

class QPainter;

// What a channel of a layer looks like. Pure functions: the same drawing serves the mosaic, the
// picture and the snapshot.
namespace overfeat::ui {

// The numbers at the two ends of the colour map. Zero is always among them: it is what a channel
// says that has nothing to say.
struct ChannelRange {
    float low = 0;
    float high = 0;
};
ChannelRange channelRange(std::span<const float> values) noexcept;

// One pixel for each cell, in the colours of all scores; covered as a heat map is (what is low
// stays clear), or whole. The channel must be kept.
QImage channelPicture(const LayerMaps& maps, std::size_t channel, bool covered);

// The cell behind a point of the frame; nothing outside the map.
std::optional<CellIndex> cellAt(const LayerMaps& maps, PointPx point) noexcept;
float valueAt(const LayerMaps& maps, std::size_t channel, CellIndex cell) noexcept;
// "0.83", "-12.4", "1.2e+05": three digits that count.
QString valueText(float value);
// A layer's name for people. Its id has every byte of the name that the file gives it, one a
// character (LayerView::name), so that it can be asked for whatever they are.
QString layerText(const QString& id);
QString layerId(const std::string& name);
std::string layerName(const QString& id);
// "channel 12"; people count from 0 here, as files do.
QString channelText(std::size_t channel);

// Over the picture; `opacity` as of heat maps. The maps must keep the channel.
void drawChannel(QPainter& painter, const PictureGeometry& geometry, const LayerMaps& maps,
                 std::size_t channel, double opacity);
// Which layer and channel that is, and what its colours mean.
void drawChannelLegend(QPainter& painter, const QRectF& picture, const LayerMaps& maps,
                       std::size_t channel, const QString& remark);
// The value behind a place of the screen, beside it, and the outline of its cell.
void drawChannelValue(QPainter& painter, const PictureGeometry& geometry, const LayerMaps& maps,
                      std::size_t channel, const QPointF& at);

}  // namespace overfeat::ui
