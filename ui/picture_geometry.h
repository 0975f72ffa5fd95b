// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPointF>
#include <QRectF>
#include <QSizeF>

#include "engine/core/geometry.h"

namespace overfeat::ui {

// Magnified how much, and around which point of the picture (0..1 in both directions).
struct Zoom {
    double factor = 1;
    QPointF centre{0.5, 0.5};
    bool operator==(const Zoom&) const = default;
};

// Where a picture lies in a widget: aspect kept, centred, as large as fits; or magnified, then
// without empty space where the picture could be. The only place where widget and picture
// coordinates meet. Widget coordinates are device-independent pixels.
class PictureGeometry {
public:
    PictureGeometry() = default;
    PictureGeometry(SizePx picture, const QSizeF& widget, const Zoom& zoom = {});

    bool isEmpty() const { return target_.isEmpty(); }
    const QRectF& target() const { return target_; }    // of the whole picture
    const QRectF& visible() const { return visible_; }  // the part of it inside the widget
    double scale() const { return scale_; }             // widget pixels per picture pixel

    QPointF toWidget(PointPx point) const;
    QRectF toWidget(const RectPx& rect) const;
    PointPx toPicture(const QPointF& point) const;

private:
    QRectF target_;
    QRectF visible_;
    double scale_ = 0;
};

// The zoom after magnifying by `by`, keeping the picture's point under `anchor` (widget
// coordinates) where it is as far as the edges allow. Between 1 and 16.
Zoom zoomedAt(SizePx picture, const QSizeF& widget, const Zoom& zoom, double by,
              const QPointF& anchor);
// The zoom after pulling the picture by `by` widget pixels.
Zoom pannedBy(SizePx picture, const QSizeF& widget, const Zoom& zoom, const QPointF& by);

}  // namespace overfeat::ui
