// SPDX-License-Identifier: Apache-2.0
#include "ui/annotated_picture.h"

#include <QLocale>
#include <QObject>
#include <QPainter>
#include <algorithm>

#include "ui/frame_image.h"
#include "ui/layer_picture.h"
#include "ui/live_marks.h"
#include "ui/object_marks.h"

namespace overfeat::ui {

void drawBoxes(QPainter& painter, const PictureGeometry& geometry, const BoxesOverlay& boxes) {
    if (!boxes.found) return;
    const Detections& found = *boxes.found;
    const Recognition& recognition = *boxes.recognition;
    const BoxLayers& layers = boxes.layers;
    painter.save();
    painter.setClipRect(geometry.visible());
    if (layers.window_grid) drawWindowGrid(painter, geometry, recognition);
    if (layers.raw_boxes) drawRawBoxes(painter, geometry, found);
    const auto emphasised = boxes.ballot ? boxes.ballot : boxes.current;
    const bool explains = layers.objects && emphasised.has_value();
    if (explains) drawVoters(painter, geometry, found, found.objects[*emphasised]);
    if (explains && boxes.ballot) {
        drawBallotDots(painter, geometry, recognition, found, found.objects[*emphasised]);
    }
    if (layers.objects) {
        drawObjects(painter, geometry, found, recognition.labels.get(), emphasised, boxes.stale,
                    layers.groups);
    }
    painter.restore();
    if (layers.window_grid || layers.raw_boxes || explains) {
        const QLocale locale;
        const bool too_many = layers.raw_boxes && found.raw.size() > kRawBoxesDrawn;
        drawScaleLegend(painter, geometry.visible(), recognition,
                        too_many ? QObject::tr("best %1 of %2 raw boxes")
                                       .arg(locale.toString(static_cast<int>(kRawBoxesDrawn)),
                                            locale.toString(static_cast<int>(found.raw.size())))
                                 : QString());
    }
}

QImage AnnotatedPicture::drawn() const {
    const QImage picture = imageOf(frame);
    if (picture.isNull() || !recognition) return picture.copy();
    QImage result = picture.convertToFormat(QImage::Format_RGB32);
    // Marks keep their size on the screen; on large pictures they grow so that they can be read.
    const double magnification = std::max(1.0, picture.width() / 960.0);
    const PictureGeometry geometry(frame->image.size(), QSizeF(picture.size()) / magnification);
    QPainter painter(&result);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.scale(magnification, magnification);
    if (channel) {
        drawChannel(painter, geometry, *recognition->layer, *channel, options.opacity);
        drawChannelLegend(painter, geometry.target(), *recognition->layer, *channel, age_remark);
        return result;
    }
    HeatMapOverlay shown = overlay;
    if (heat_map) {
        if (shown.isNull()) shown = makeOverlay(*recognition, *class_index, options, shown.range);
        painter.save();
        painter.setOpacity(options.opacity);
        painter.drawImage(geometry.toWidget(shown.area), shown.image);
        painter.restore();
    }
    if (probe) drawProbeWindow(painter, geometry, *recognition, *probe);
    drawBoxes(painter, geometry, boxes);
    if (heat_map) {
        drawLegend(painter, geometry.target(),
                   {labelColour(recognition->labels.get(), *class_index),
                    labelText(recognition->labels.get(), *class_index), shown.range, shown.peak,
                    age_remark});
    }
    if (probe) {
        drawProbe(painter, geometry, geometry.target(), *recognition, *probe, class_index,
                  probe_seen);
    }
    return result;
}

}  // namespace overfeat::ui
