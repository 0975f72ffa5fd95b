// SPDX-License-Identifier: Apache-2.0
#include "ui/live_marks.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/colour_map.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr double kMargin = spacing::kSmall;
constexpr std::size_t kProbeClasses = 5;

QString tr(const char* text) {
    return QCoreApplication::translate("LiveView", text);
}

QFont smallFont(bool strong = false) {
    return themeFont(TextSize::kSmall, strong);
}

void drawPlate(QPainter& painter, const QRectF& rect) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(plateColour());
    painter.drawRoundedRect(rect, kRadius, kRadius);
}

void drawText(QPainter& painter, const QRectF& rect, int flags, const QString& text,
              const QFont& font, const QColor& colour) {
    painter.setFont(font);
    painter.setPen(colour);
    const QString shown = QFontMetricsF(font).elidedText(text, Qt::ElideRight, rect.width());
    painter.drawText(rect, flags | Qt::TextSingleLine, shown);
}

QColor mutedPlateText() {
    return QColor(0xb9bfc8);
}

// `rect` moved so that it lies inside `area`, if it fits at all.
QRectF movedInside(QRectF rect, const QRectF& area) {
    if (rect.right() > area.right()) rect.moveRight(area.right());
    if (rect.bottom() > area.bottom()) rect.moveBottom(area.bottom());
    if (rect.left() < area.left()) rect.moveLeft(area.left());
    if (rect.top() < area.top()) rect.moveTop(area.top());
    return rect;
}

// Beside the window where there is room, else over it.
QRectF cardBeside(const QRectF& window, const QSizeF& size, const QRectF& room) {
    const QRectF area = room.adjusted(kMargin, kMargin, -kMargin, -kMargin);
    QRectF card(QPointF(window.right() + kMargin, window.top()), size);
    if (card.right() > area.right()) card.moveRight(window.left() - kMargin);
    return movedInside(card, area);
}

void drawOutline(QPainter& painter, const QRectF& window, bool pinned) {
    const QRectF line = window.adjusted(1, 1, -1, -1);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 170), 4));
    painter.drawRect(line);
    QPen bright(Qt::white, pinned ? 2.5 : 1.75, pinned ? Qt::SolidLine : Qt::DashLine);
    bright.setCapStyle(Qt::FlatCap);
    painter.setPen(bright);
    painter.drawRect(line);
}

QString placeText(const Recognition& recognition, const Probe& probe) {
    const RectPx window = mapOf(probe, recognition).windowAt(probe.cell);
    return tr("scale %1 of %2, row %3, column %4, %5 px")
        .arg(probe.scale + 1)
        .arg(mapsOf(probe, recognition).size())
        .arg(probe.cell.row + 1)
        .arg(probe.cell.column + 1)
        .arg(std::lround(window.width));
}

void drawProbeRow(QPainter& painter, const QRectF& row, const QString& label, float score,
                  const QColor& colour) {
    const double bar_top = row.bottom() - 4;
    drawText(painter, row.adjusted(14, 0, -52, -4), Qt::AlignLeft | Qt::AlignVCenter, label,
             smallFont(), plateText());
    drawText(painter, row.adjusted(row.width() - 52, 0, 0, -4), Qt::AlignRight | Qt::AlignVCenter,
             percentText(score), smallFont(), plateText());
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawRoundedRect(QRectF(row.left(), row.center().y() - 6, 8, 8), 2, 2);
    painter.setBrush(QColor(255, 255, 255, 40));
    painter.drawRect(QRectF(row.left(), bar_top, row.width(), 2));
    painter.setBrush(colour.lighter(125));
    painter.drawRect(QRectF(row.left(), bar_top, row.width() * std::clamp(score, 0.0F, 1.0F), 2));
}

constexpr double kSeenSide = 96;

// What the network saw, its pixels as they are, and how many.
void drawSeen(QPainter& painter, const QRectF& row, const QImage& seen) {
    const QRectF place(row.topLeft(), QSizeF(kSeenSide, kSeenSide));
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(place, seen);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(mutedPlateText(), 1));
    painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5));
    painter.setFont(smallFont());
    const QRectF text(place.right() + 10, place.top(), row.right() - place.right() - 10, kSeenSide);
    painter.drawText(
        text, static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter) | Qt::TextWordWrap,
        tr("What the network saw here, %1 x %2 px").arg(seen.width()).arg(seen.height()));
    painter.restore();
}

}  // namespace

QString percentText(float score) {
    const double percent = std::isfinite(score) ? std::clamp(score, 0.0F, 1.0F) * 100.0 : 0.0;
    const QLocale locale;
    if (percent > 0 && percent < 0.05) return QStringLiteral("<%1 %").arg(locale.toString(0.1));
    const bool fine = percent > 0 && percent < 9.95;
    return QStringLiteral("%1 %").arg(locale.toString(percent, 'f', fine ? 1 : 0));
}

QString labelText(const LabelSet* labels, std::size_t class_index) {
    if (labels && class_index < labels->size()) {
        const ClassLabel& label = (*labels)[class_index];
        const std::string& text = label.label.empty() ? label.id : label.label;
        if (!text.empty()) return QString::fromStdString(text).simplified();
    }
    return tr("class %1").arg(class_index);
}

QColor labelColour(const LabelSet* labels, std::size_t class_index) {
    return classColour(labels ? labels->colourIndex(class_index) : class_index);
}

void drawLegend(QPainter& painter, const QRectF& picture, const LegendText& legend) {
    constexpr double kBarWidth = 168;
    constexpr double kPadding = 8;
    const QFontMetricsF metrics(smallFont());
    const double line = std::ceil(metrics.height());
    const bool has_remark = !legend.remark.isEmpty();
    QRectF plate(0, 0, kBarWidth + 2 * kPadding, 2 * kPadding + 2 * line + 16);
    if (has_remark) plate.setHeight(plate.height() + line);
    if (plate.width() + 2 * kMargin > picture.width() ||
        plate.height() + 2 * kMargin > picture.height()) {
        return;  // a picture so small is better seen than explained
    }
    plate.moveBottomLeft(picture.bottomLeft() + QPointF(kMargin, -kMargin));
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    drawPlate(painter, plate);

    QRectF row(plate.left() + kPadding, plate.top() + kPadding, kBarWidth, line);
    painter.setPen(Qt::NoPen);
    painter.setBrush(legend.colour);
    painter.drawRoundedRect(QRectF(row.left(), row.center().y() - 4.5, 9, 9), 2, 2);
    const bool is_score = legend.numbers.size() != 3;
    const QString peak = is_score ? percentText(legend.peak) : QString();
    const double peak_width = metrics.horizontalAdvance(peak) + 6;
    drawText(painter, row.adjusted(15, 0, -peak_width, 0), Qt::AlignLeft | Qt::AlignVCenter,
             legend.label, smallFont(true), plateText());
    drawText(painter, row, Qt::AlignRight | Qt::AlignVCenter, peak, smallFont(), plateText());

    const QRectF bar(row.left(), row.bottom() + 5, kBarWidth, 7);
    QLinearGradient gradient(bar.topLeft(), bar.topRight());
    for (int i = 0; i <= 16; ++i) {
        QColor colour = scoreColour(static_cast<float>(i) / 16);
        colour.setAlphaF(scoreCoverage(static_cast<float>(i) / 16));
        gradient.setColorAt(i / 16.0, colour);
    }
    painter.fillRect(bar, QColor(255, 255, 255, 36));
    painter.fillRect(bar, gradient);
    QRectF numbers(bar.left(), bar.bottom() + 4, kBarWidth, line);
    const QStringList texts = is_score ? QStringList{percentText(0), percentText(legend.range / 2),
                                                     percentText(legend.range)}
                                       : legend.numbers;
    const Qt::Alignment sides[] = {Qt::AlignLeft, Qt::AlignHCenter, Qt::AlignRight};
    for (int i = 0; i < 3; ++i)
        drawText(painter, numbers, static_cast<int>((sides[i] | Qt::AlignVCenter).toInt()),
                 texts[i], smallFont(), mutedPlateText());
    if (has_remark) {
        drawText(painter, numbers.translated(0, line), Qt::AlignLeft | Qt::AlignVCenter,
                 legend.remark, smallFont(), QColor(0xf2c879));
    }
    painter.restore();
}

void drawProbeWindow(QPainter& painter, const PictureGeometry& geometry,
                     const Recognition& recognition, const Probe& probe) {
    if (!isValid(probe, recognition)) return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    drawOutline(painter,
                geometry.toWidget(mapOf(probe, recognition).windowAt(probe.cell))
                    .intersected(geometry.visible()),
                probe.pinned);
    painter.restore();
}

QImage windowSeen(const QImage& picture, const RectPx& window, int side_px) {
    const QRect part = QRectF(window.x, window.y, window.width, window.height).toAlignedRect();
    if (picture.isNull() || part.isEmpty()) return {};
    QImage cut = picture.copy(part);  // black where the window reaches beyond the picture
    if (side_px <= 0) return cut;
    return cut.scaled(side_px, side_px, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
}

void drawProbe(QPainter& painter, const PictureGeometry& geometry, const QRectF& area,
               const Recognition& recognition, const Probe& probe,
               std::optional<std::size_t> class_index, const QImage& seen) {
    if (!isValid(probe, recognition) || !recognition.labels) return;
    const ScoreMap& map = mapOf(probe, recognition);
    const QRectF window =
        geometry.toWidget(map.windowAt(probe.cell)).intersected(geometry.visible());

    std::vector<ScoredClass> rows;
    if (probe.pinned) {
        rows = topClasses(map, probe.cell, *recognition.labels, kProbeClasses);
    } else if (class_index && map.knows(*class_index)) {
        rows.push_back({*class_index, map.score(*class_index, probe.cell)});
    }
    constexpr double kWidth = 250;
    constexpr double kPadding = 8;
    const double line = std::ceil(QFontMetricsF(smallFont()).height()) + 8;
    const double picture = probe.pinned && !seen.isNull() ? kSeenSide + kPadding : 0;
    const QSizeF size(kWidth,
                      2 * kPadding + picture + line * static_cast<double>(rows.size() + 1) - 6);

    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF card = cardBeside(window, size, area);
    drawPlate(painter, card);
    QRectF row(card.left() + kPadding, card.top() + kPadding, kWidth - 2 * kPadding, line);
    if (picture > 0) drawSeen(painter, row, seen);
    row.translate(0, picture);
    for (const ScoredClass& each : rows) {
        drawProbeRow(painter, row.adjusted(0, 0, 0, -2),
                     labelText(recognition.labels.get(), each.index), each.score,
                     labelColour(recognition.labels.get(), each.index));
        row.translate(0, line);
    }
    drawText(painter, row.adjusted(0, 0, 0, -6), Qt::AlignLeft | Qt::AlignVCenter,
             placeText(recognition, probe), smallFont(), mutedPlateText());
    painter.restore();
}

QString probeText(const Recognition& recognition, const Probe& probe,
                  std::optional<std::size_t> class_index) {
    if (!isValid(probe, recognition)) return {};
    const ScoreMap& map = mapOf(probe, recognition);
    QString text = placeText(recognition, probe);
    if (class_index && map.knows(*class_index)) {
        text.prepend(
            QStringLiteral("%1 %2, ").arg(labelText(recognition.labels.get(), *class_index),
                                          percentText(map.score(*class_index, probe.cell))));
    }
    return text;
}

void drawNote(QPainter& painter, const QRectF& area, const QPointF& at, const QString& text) {
    const QFontMetricsF metrics(smallFont());
    const QSizeF size(metrics.horizontalAdvance(text) + 2 * kMargin + 1,
                      std::ceil(metrics.height()) + kMargin);
    const QRectF plate = cardBeside(QRectF(at, QSizeF()), size, area);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    drawPlate(painter, plate);
    drawText(painter, plate, Qt::AlignCenter, text, smallFont(), plateText());
    painter.restore();
}

void drawTitle(QPainter& painter, const QRectF& picture, const QString& title,
               const QString& detail) {
    const QFont font = themeFont(TextSize::kBody, true);
    const QFontMetricsF metrics(font);
    const QFontMetricsF small(smallFont());
    const double line = std::ceil(metrics.height());
    const double detail_line = detail.isEmpty() ? 0 : std::ceil(small.height());
    const double text =
        std::max(metrics.horizontalAdvance(title), small.horizontalAdvance(detail)) + 1;
    const double width = std::min(text + 2.0 * spacing::kMedium, picture.width() - 2 * kMargin);
    const QRectF plate(picture.center().x() - width / 2, picture.top() + kMargin, width,
                       line + detail_line + spacing::kSmall);
    const QRectF first = plate.adjusted(spacing::kMedium, spacing::kTight, -spacing::kMedium,
                                        -spacing::kTight - detail_line);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    drawPlate(painter, plate);
    drawText(painter, first, Qt::AlignCenter, title, font, plateText());
    if (detail_line > 0) {
        const QRectF second(first.left(), first.bottom(), first.width(), detail_line);
        drawText(painter, second, Qt::AlignCenter, detail, smallFont(), mutedPlateText());
    }
    painter.restore();
}

void drawStale(QPainter& painter, const QRectF& picture, const QString& title,
               const QString& sentence) {
    painter.save();
    painter.fillRect(picture, QColor(8, 9, 12, 150));
    drawEmpty(painter, picture, title, sentence);
    painter.restore();
}

void drawEmpty(QPainter& painter, const QRectF& area, const QString& title,
               const QString& sentence) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QFont title_font = themeFont(TextSize::kTitle, true);
    const QFont body_font = themeFont(TextSize::kBody);
    const double width = std::min(area.width() - 2 * spacing::kHuge, 460.0);
    if (width < 40) {
        painter.restore();
        return;
    }
    const int wrapped = static_cast<int>(Qt::AlignHCenter) | Qt::TextWordWrap;
    const QRectF room(0, 0, width, 4000);
    const QRectF title_box = QFontMetricsF(title_font).boundingRect(room, wrapped, title);
    const QRectF body_box = QFontMetricsF(body_font).boundingRect(room, wrapped, sentence);
    const double gap = sentence.isEmpty() ? 0 : spacing::kSmall;
    const double height = title_box.height() + gap + (gap > 0 ? body_box.height() : 0);
    const QRectF plate(area.center().x() - width / 2 - spacing::kLarge,
                       area.center().y() - height / 2 - spacing::kMedium,
                       width + 2 * spacing::kLarge, height + 2 * spacing::kMedium);
    drawPlate(painter, plate);
    QRectF text(plate.left() + spacing::kLarge, plate.top() + spacing::kMedium, width,
                title_box.height() + 1);
    painter.setFont(title_font);
    painter.setPen(plateText());
    painter.drawText(text, wrapped, title);
    painter.setFont(body_font);
    painter.setPen(mutedPlateText());
    painter.drawText(QRectF(text.left(), text.bottom() + gap, width, body_box.height() + 2),
                     wrapped, sentence);
    painter.restore();
}

}  // namespace overfeat::ui
