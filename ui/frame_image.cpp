// SPDX-License-Identifier: Apache-2.0
#include "ui/frame_image.h"

#include <QPainter>
#include <algorithm>
#include <memory>

namespace overfeat::ui {

QImage imageOf(const FramePtr& frame) {
    if (!frame || frame->image.empty()) return {};
    const Image& image = frame->image;
    auto owner = std::make_unique<FramePtr>(frame);
    QImage result(
        image.row(0), image.width(), image.height(), static_cast<qsizetype>(image.rowBytes()),
        QImage::Format_RGB888, [](void* held) { delete static_cast<FramePtr*>(held); },
        owner.get());
    if (!result.isNull()) static_cast<void>(owner.release());
    return result;
}

Image imageFrom(const QImage& image) {
    if (image.isNull()) return {};
    QImage source = image;
    source.setDevicePixelRatio(1);
    QImage opaque(source.size(), QImage::Format_RGB888);
    opaque.fill(Qt::white);
    QPainter(&opaque).drawImage(QPoint(0, 0), source);
    Image result(SizePx{opaque.width(), opaque.height()});
    for (int y = 0; y < opaque.height(); ++y) {
        std::copy_n(opaque.constScanLine(y), result.rowBytes(), result.row(y));
    }
    return result;
}

}  // namespace overfeat::ui
