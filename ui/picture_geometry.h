// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPointF>
#include <QRectF>
#include <QSizeF>

#include "engine/core/geometry.h"

namespace overfeat::ui {

// Where a picture lies in a widget: aspect kept, centred, as large as fits. The only place where
// widget and picture coordinates meet. Widget coordinates are device-independent pixels.
class PictureGeometry {
public:
    PictureGeometry() = default;
    PictureGeometry(SizePx picture, const QSizeF& widget);

    bool isEmpty() const { return target_.isEmpty(); }
    const QRectF& target() const { return target_; }  // of the whole picture
    double scale() const { return scale_; }           // widget pixels per picture pixel

    QPointF toWidget(PointPx point) const;
    QRectF toWidget(const RectPx& rect) const;
    PointPx toPicture(const QPointF& point) const;

private:
    QRectF target_;
    double scale_ = 0;
};

}  // namespace overfeat::ui
