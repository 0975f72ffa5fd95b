// SPDX-License-Identifier: Apache-2.0
#include "ui/layer_picture.h"

#include <QCoreApplication>
#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/label_set.h"
#include "ui/colour_map.h"
#include "ui/live_marks.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("LayerPicture", text);
}

}  // namespace

ChannelRange channelRange(std::span<const float> values) noexcept {
    ChannelRange range;
    for (const float value : values) {
        if (!std::isfinite(value)) continue;
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
    }
    return range;
}

QImage channelPicture(const LayerMaps& maps, std::size_t channel, bool covered) {
    std::array<QRgb, ColourMap::kSteps> ramp{};
    for (std::size_t i = 0; i < ramp.size(); ++i) {
        const float position = static_cast<float>(i) / (ColourMap::kSteps - 1);
        const QRgb colour = colourMap().at(position);
        const int alpha =
            covered ? static_cast<int>(std::lround(scoreCoverage(position) * 255)) : 255;
        ramp[i] = qPremultiply(qRgba(qRed(colour), qGreen(colour), qBlue(colour), alpha));
    }
    const std::span<const float> values = maps.plane(channel);
    const ChannelRange range = channelRange(values);
    const float width = range.high - range.low;
    QImage picture(maps.cells.width, maps.cells.height, QImage::Format_ARGB32_Premultiplied);
    std::size_t next = 0;
    for (int row = 0; row < maps.cells.height; ++row) {
        auto* pixels = reinterpret_cast<QRgb*>(picture.scanLine(row));
        for (int column = 0; column < maps.cells.width; ++column) {
            const float position = width > 0 ? (values[next] - range.low) / width : 0.0F;
            ++next;
            // Not a number compares as nothing and stays at the low end.
            const float inside = position > 0 ? std::min(position, 1.0F) : 0.0F;
            pixels[column] =
                ramp[static_cast<std::size_t>(std::lround(inside * (ColourMap::kSteps - 1)))];
        }
    }
    return picture;
}

std::optional<CellIndex> cellAt(const LayerMaps& maps, PointPx point) noexcept {
    if (maps.cellCount() == 0 || !(maps.first_cell_px.width > 0) ||
        !(maps.first_cell_px.height > 0)) {
        return std::nullopt;
    }
    const double column = std::floor((point.x - maps.first_cell_px.x) / maps.first_cell_px.width);
    const double row = std::floor((point.y - maps.first_cell_px.y) / maps.first_cell_px.height);
    if (column < 0 || row < 0 || column >= maps.cells.width || row >= maps.cells.height)
        return std::nullopt;
    return CellIndex{.row = static_cast<int>(row), .column = static_cast<int>(column)};
}

float valueAt(const LayerMaps& maps, std::size_t channel, CellIndex cell) noexcept {
    return maps.plane(
        channel)[static_cast<std::size_t>(cell.row) * static_cast<std::size_t>(maps.cells.width) +
                 static_cast<std::size_t>(cell.column)];
}

QString valueText(float value) {
    return QLocale().toString(static_cast<double>(value), 'g', 3);
}

QString layerText(const QString& id) {
    return QString::fromStdString(sanitisedLabel(layerName(id)));
}

QString layerId(const std::string& name) {
    return QString::fromLatin1(name.data(), static_cast<qsizetype>(name.size()));
}

std::string layerName(const QString& id) {
    return id.toLatin1().toStdString();
}

QString channelText(std::size_t channel) {
    return tr("channel %1").arg(channel);
}

void drawChannel(QPainter& painter, const PictureGeometry& geometry, const LayerMaps& maps,
                 std::size_t channel, double opacity) {
    painter.save();
    painter.setClipRect(geometry.visible());
    painter.setOpacity(opacity);
    // Cells as they are: what lies between two of them the layer has not said.
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(geometry.toWidget(maps.area()), channelPicture(maps, channel, true));
    painter.restore();
}

void drawChannelLegend(QPainter& painter, const QRectF& picture, const LayerMaps& maps,
                       std::size_t channel, const QString& remark) {
    const ChannelRange range = channelRange(maps.plane(channel));
    drawLegend(
        painter, picture,
        {.colour = scoreColour(1),
         .label = QStringLiteral("%1, %2").arg(channelText(channel), layerText(layerId(maps.name))),
         .remark = remark,
         .numbers = {valueText(range.low), valueText((range.low + range.high) / 2),
                     valueText(range.high)}});
}

void drawChannelValue(QPainter& painter, const PictureGeometry& geometry, const LayerMaps& maps,
                      std::size_t channel, const QPointF& at) {
    const auto cell = cellAt(maps, geometry.toPicture(at));
    if (!cell) return;
    const RectPx first = maps.first_cell_px;
    const QRectF outline =
        geometry
            .toWidget({first.x + cell->column * first.width, first.y + cell->row * first.height,
                       first.width, first.height})
            .intersected(geometry.visible());
    painter.save();
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 170), 3));
    painter.drawRect(outline);
    painter.setPen(QPen(Qt::white, 1.25));
    painter.drawRect(outline);
    painter.restore();
    drawNote(painter, geometry.visible(), at,
             tr("%1 at row %2, column %3")
                 .arg(valueText(valueAt(maps, channel, *cell)))
                 .arg(cell->row)
                 .arg(cell->column));
}

}  // namespace overfeat::ui
