// SPDX-License-Identifier: Apache-2.0
#include "app/live/output/annotation.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <utility>

#include "ui/live_marks.h"
#include "ui/theme.h"

namespace overfeat::app {
namespace {

constexpr double kTextHeightOfPicture = 1.0 / 26;
constexpr double kSmallestText_px = 11;
constexpr float kLeastScore = 0.01F;  // below, a name would only be noise

}  // namespace

void drawTopClasses(QImage& picture, const Recognition& recognition, std::size_t count) {
    if (picture.isNull() || !recognition.labels) return;
    QFont font = ui::themeFont(ui::TextSize::kBody, true);
    font.setPixelSize(
        static_cast<int>(std::max(kSmallestText_px, picture.height() * kTextHeightOfPicture)));
    const QFontMetricsF metrics(font);
    const double padding = metrics.height() * 0.3;
    const double row = metrics.height() + padding;

    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(font);
    double top = padding;
    for (const ScoredClass& scored : topClasses(recognition.scores, *recognition.labels, count)) {
        if (scored.score < kLeastScore || top + row > picture.height()) break;
        const QString label =
            metrics.elidedText(ui::labelText(recognition.labels.get(), scored.index),
                               Qt::ElideRight, picture.width() * 0.6);
        const QString text = label + "  " + ui::percentText(scored.score);
        const QRectF plate(padding, top, metrics.horizontalAdvance(text) + 4 * padding,
                           metrics.height());
        painter.fillRect(plate, ui::plateColour());
        painter.fillRect(QRectF(plate.topLeft(), QSizeF(padding, plate.height())),
                         ui::labelColour(recognition.labels.get(), scored.index));
        painter.setPen(ui::plateText());
        painter.drawText(plate.adjusted(2 * padding, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                         text);
        top += row;
    }
}

video::Recorder::Draw recordedPicture(ui::AnnotatedPicture picture,
                                      std::shared_ptr<const Recognition> named) {
    return [picture = std::move(picture), named = std::move(named),
            drawn = QImage()]() mutable -> video::PixelsView {
        drawn = picture.drawn();
        if (named) drawTopClasses(drawn, *named);
        const bool rgb = drawn.format() == QImage::Format_RGB888;
        return {.first = drawn.constBits(),
                .row_bytes = drawn.bytesPerLine(),
                .size = {drawn.width(), drawn.height()},
                .order = rgb ? video::PixelsView::Order::kRgb : video::PixelsView::Order::kBgrx};
    };
}

}  // namespace overfeat::app
