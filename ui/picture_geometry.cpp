// SPDX-License-Identifier: Apache-2.0
#include "ui/picture_geometry.h"

#include <algorithm>

namespace overfeat::ui {
namespace {

constexpr double kLargestZoom = 16;

// Where the picture starts so that no room stays empty that it could fill.
double startOf(double side, double room, double centre) {
    if (side <= room) return (room - side) / 2;
    return std::clamp(room / 2 - centre * side, room - side, 0.0);
}

// The zoom whose picture lies at `target`, after the edges have had their say.
Zoom zoomOf(const QRectF& target, const QSizeF& widget, double factor) {
    const double x = startOf(target.width(), widget.width(),
                             (widget.width() / 2 - target.left()) / target.width());
    const double y = startOf(target.height(), widget.height(),
                             (widget.height() / 2 - target.top()) / target.height());
    return {factor, QPointF((widget.width() / 2 - x) / target.width(),
                            (widget.height() / 2 - y) / target.height())};
}

}  // namespace

PictureGeometry::PictureGeometry(SizePx picture, const QSizeF& widget, const Zoom& zoom) {
    if (picture.empty() || widget.isEmpty()) return;
    scale_ = std::min(widget.width() / picture.width, widget.height() / picture.height) *
             std::max(zoom.factor, 1.0);
    const QSizeF size(picture.width * scale_, picture.height * scale_);
    target_ = QRectF(QPointF(startOf(size.width(), widget.width(), zoom.centre.x()),
                             startOf(size.height(), widget.height(), zoom.centre.y())),
                     size);
    visible_ = target_.intersected(QRectF(QPointF(), widget));
}

QPointF PictureGeometry::toWidget(PointPx point) const {
    return target_.topLeft() + QPointF(point.x, point.y) * scale_;
}

QRectF PictureGeometry::toWidget(const RectPx& rect) const {
    return {toWidget(PointPx{rect.x, rect.y}), QSizeF(rect.width, rect.height) * scale_};
}

PointPx PictureGeometry::toPicture(const QPointF& point) const {
    if (isEmpty()) return {};
    const QPointF inside = (point - target_.topLeft()) / scale_;
    return {inside.x(), inside.y()};
}

Zoom zoomedAt(SizePx picture, const QSizeF& widget, const Zoom& zoom, double by,
              const QPointF& anchor) {
    const double factor = std::clamp(zoom.factor * by, 1.0, kLargestZoom);
    const PictureGeometry before(picture, widget, zoom);
    if (before.isEmpty() || factor <= 1) return {};
    const double ratio = factor / zoom.factor;
    const QRectF target(anchor + (before.target().topLeft() - anchor) * ratio,
                        before.target().size() * ratio);
    return zoomOf(target, widget, factor);
}

Zoom pannedBy(SizePx picture, const QSizeF& widget, const Zoom& zoom, const QPointF& by) {
    const PictureGeometry before(picture, widget, zoom);
    if (before.isEmpty()) return zoom;
    return zoomOf(before.target().translated(by), widget, zoom.factor);
}

}  // namespace overfeat::ui
