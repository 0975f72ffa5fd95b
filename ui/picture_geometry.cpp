// SPDX-License-Identifier: Apache-2.0
#include "ui/picture_geometry.h"

#include <algorithm>

namespace overfeat::ui {

PictureGeometry::PictureGeometry(SizePx picture, const QSizeF& widget) {
    if (picture.empty() || widget.isEmpty()) return;
    scale_ = std::min(widget.width() / picture.width, widget.height() / picture.height);
    const QSizeF size(picture.width * scale_, picture.height * scale_);
    target_ = QRectF(
        QPointF((widget.width() - size.width()) / 2, (widget.height() - size.height()) / 2), size);
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

}  // namespace overfeat::ui
