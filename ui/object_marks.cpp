// SPDX-License-Identifier: Apache-2.0
#include "ui/object_marks.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QLocale>
#include <QPainter>
#include <QPolygonF>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "engine/core/class_groups.h"
#include "ui/live_marks.h"
#include "ui/oklab.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("LiveView", text);
}

bool isUsable(const RectPx& box) {
    return std::isfinite(box.x) && std::isfinite(box.y) && box.area() > 0;
}

void drawRaw(QPainter& painter, const PictureGeometry& geometry, const RawBox& raw, float alpha,
             double width) {
    if (!isUsable(raw.box)) return;
    QColor colour = scaleColour(static_cast<std::size_t>(std::max(raw.scale, 0)));
    colour.setAlphaF(alpha);
    painter.setPen(QPen(colour, width));  // 0 = one pixel of the screen
    painter.drawRect(geometry.toWidget(raw.box));
}

QString votesText(const Detection& object) {
    if (object.remembered()) return tr("a moment ago");
    return object.votes() == 1 ? tr("1 vote") : tr("%1 votes").arg(object.votes());
}

struct ObjectLabel {
    QString name;
    QString numbers;
    QFont name_font;
    QFont number_font;
    QSizeF size;
};

constexpr double kStripe = 4;
constexpr double kGap = 6;

ObjectLabel makeLabel(const Detection& object, const LabelSet* labels, double room, bool groups) {
    ObjectLabel label;
    label.name_font = themeFont(TextSize::kSmall, true);
    label.number_font = themeFont(TextSize::kSmall);
    label.numbers =
        QStringLiteral("%1  \u03a3 %2  %3")
            .arg(percentText(object.score), confidenceText(object.confidence), votesText(object));
    const QFontMetricsF name(label.name_font);
    const QFontMetricsF numbers(label.number_font);
    const double fixed = numbers.horizontalAdvance(label.numbers) + kStripe + 3 * kGap;
    label.name = name.elidedText(nameText(labels, object, groups), Qt::ElideRight,
                                 std::max(60.0, std::min(room - fixed, 220.0)));
    label.size = {std::ceil(name.horizontalAdvance(label.name) + fixed),
                  std::ceil(std::max(name.height(), numbers.height())) + 4};
    return label;
}

// Above the box, else inside at its top, else below it: the first place that hides no other label.
QRectF placeFor(const QRectF& box, const QSizeF& size, const QRectF& area,
                const std::vector<QRectF>& taken) {
    const double x =
        std::clamp(box.left(), area.left(), std::max(area.left(), area.right() - size.width()));
    const std::array<double, 4> tops{box.top() - size.height() - 1, box.top() + 1, box.bottom() + 1,
                                     box.bottom() - size.height() - 1};
    for (const double top : tops) {
        const QRectF place(QPointF(x, top), size);
        if (top < area.top() || place.bottom() > area.bottom()) continue;
        if (std::ranges::none_of(taken, [&](const QRectF& t) { return t.intersects(place); })) {
            return place;
        }
    }
    const double top =
        std::clamp(tops[0], area.top(), std::max(area.top(), area.bottom() - size.height()));
    return {QPointF(x, top), size};
}

void drawLabel(QPainter& painter, const QRectF& place, const ObjectLabel& label,
               const QColor& colour) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(plateColour());
    painter.drawRoundedRect(place, 3, 3);
    painter.setBrush(colour.lighter(115));
    painter.drawRoundedRect(QRectF(place.left(), place.top(), kStripe, place.height()), 2, 2);
    const QRectF text = place.adjusted(kStripe + kGap, 0, -kGap, 0);
    painter.setPen(plateText());
    painter.setFont(label.name_font);
    painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, label.name);
    painter.setFont(label.number_font);
    painter.setPen(QColor(0xd5dae1));
    painter.drawText(text, Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine, label.numbers);
}

QString groupText(const KindsOfOne& of) {
    return QString::fromUtf8(of.group.data(), static_cast<qsizetype>(of.group.size()));
}

}  // namespace

QColor scaleColour(std::size_t scale) {
    // Light enough for any picture; steps of 5/12 of the circle keep neighbours far apart.
    return fromOkLch(0.82, 0.15, std::fmod(85.0 + 150.0 * static_cast<double>(scale), 360.0));
}

QString confidenceText(float confidence) {
    return QLocale().toString(std::isfinite(confidence) ? confidence : 0.0F, 'f', 1);
}

QString objectText(const LabelSet* labels, const Detection& object, bool groups) {
    const QString others = alternativesText(labels, object);
    return QStringLiteral("%1, %2, %3, %4%5")
        .arg(listedText(labels, object, groups), percentText(object.score),
             tr("confidence %1").arg(confidenceText(object.confidence)), votesText(object),
             others.isEmpty() ? QString() : tr(", or %1").arg(others));
}

bool isUnsure(const Detection& object) {
    constexpr float kMoreOftenRight = 0.5F;
    return object.score < kMoreOftenRight;
}

QString nameText(const LabelSet* labels, const Detection& object, bool groups) {
    const auto of = groups && labels ? kindsOfOne(object, *labels) : std::nullopt;
    const QString name = of ? groupText(*of) : labelText(labels, object.class_index);
    return isUnsure(object) ? tr("%1?").arg(name) : name;
}

QString listedText(const LabelSet* labels, const Detection& object, bool groups) {
    const auto of = groups && labels ? kindsOfOne(object, *labels) : std::nullopt;
    const QString kind = nameText(labels, object);  // it is the kind that may be unsure
    return of ? QStringLiteral("%1: %2").arg(groupText(*of), kind) : kind;
}

QString alternativesText(const LabelSet* labels, const Detection& object) {
    QStringList texts;
    std::vector<std::size_t> said{object.class_index};
    for (const Detection& other : object.alternatives) {
        if (std::ranges::find(said, other.class_index) != said.end()) continue;
        said.push_back(other.class_index);
        texts << QStringLiteral("%1 %2").arg(labelText(labels, other.class_index),
                                             percentText(other.score));
    }
    return texts.join(QStringLiteral(", "));
}

std::vector<std::uint32_t> drawnRawBoxes(const Detections& detections) {
    std::vector<std::uint32_t> best(detections.raw.size());
    std::iota(best.begin(), best.end(), 0U);
    const auto drawn =
        best.begin() + static_cast<std::ptrdiff_t>(std::min(best.size(), kRawBoxesDrawn));
    std::ranges::partial_sort(best, drawn, [&](std::uint32_t a, std::uint32_t b) {
        const float score_a = detections.raw[a].score;
        const float score_b = detections.raw[b].score;
        return score_a != score_b ? score_a > score_b : a < b;
    });
    best.erase(drawn, best.end());
    return best;
}

void drawRawBoxes(QPainter& painter, const PictureGeometry& geometry,
                  const Detections& detections) {
    painter.save();
    painter.setBrush(Qt::NoBrush);
    const auto drawn = drawnRawBoxes(detections);
    for (auto each = drawn.rbegin(); each != drawn.rend(); ++each) {  // the best on top
        const RawBox& raw = detections.raw[*each];
        drawRaw(painter, geometry, raw, 0.25F + 0.7F * std::clamp(raw.score, 0.0F, 1.0F), 0);
    }
    painter.restore();
}

void drawVoters(QPainter& painter, const PictureGeometry& geometry, const Detections& detections,
                const Detection& object) {
    painter.save();
    painter.setBrush(Qt::NoBrush);
    // Hundreds of full lines would hide what they are about.
    const float alpha = std::clamp(
        36.0F / static_cast<float>(std::max<std::size_t>(object.votes(), 1)), 0.3F, 0.9F);
    const std::size_t drawn = std::min(object.votes(), kRawBoxesDrawn);
    for (const std::uint32_t voter : std::span(object.voters).first(drawn)) {
        if (voter < detections.raw.size()) {
            drawRaw(painter, geometry, detections.raw[voter], alpha, 1.25);
        }
    }
    painter.restore();
}

void drawWindowGrid(QPainter& painter, const PictureGeometry& geometry,
                    const Recognition& recognition) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    for (std::size_t scale = 0; scale < recognition.scales.size(); ++scale) {
        const ScoreMap& map = recognition.scales[scale];
        if (map.cellCount() == 0) continue;
        QPolygonF centres;
        for (int row = 0; row < map.rows(); ++row) {
            for (int column = 0; column < map.columns(); ++column)
                centres << geometry.toWidget(map.windowAt({row, column}).centre());
        }
        // Larger windows have larger dots, so that centres that coincide show all their scales.
        const double size = 2.5 + 1.5 * static_cast<double>(recognition.scales.size() - 1 - scale);
        painter.setPen(QPen(QColor(0, 0, 0, 150), size + 1.5, Qt::SolidLine, Qt::RoundCap));
        painter.drawPoints(centres);
        painter.setPen(QPen(scaleColour(scale), size, Qt::SolidLine, Qt::RoundCap));
        painter.drawPoints(centres);
        painter.setPen(QPen(scaleColour(scale), 1.5, Qt::DotLine));
        painter.drawRect(geometry.toWidget(map.windowAt({0, 0})));
    }
    painter.restore();
}

void drawObjects(QPainter& painter, const PictureGeometry& geometry, const Detections& detections,
                 const LabelSet* labels, std::optional<std::size_t> emphasised, bool stale,
                 bool groups) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    std::vector<QRectF> taken;
    const QRectF& area = geometry.visible();
    for (std::size_t i = detections.objects.size(); i-- > 0;) {  // the best one on top
        const Detection& object = detections.objects[i];
        if (!isUsable(object.box)) continue;
        const QRectF box = geometry.toWidget(object.box).adjusted(1, 1, -1, -1);
        painter.setOpacity(emphasised && *emphasised != i ? 0.35 : 1);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(QColor(0, 0, 0, 150), 5));
        painter.drawRoundedRect(box, 2, 2);
        painter.setPen(QPen(labelColour(labels, object.class_index).lighter(115),
                            emphasised == i    ? 3.5
                            : isUnsure(object) ? 1.25
                                               : 2.5,
                            stale || object.remembered() ? Qt::DashLine : Qt::SolidLine));
        painter.drawRoundedRect(box, 2, 2);
    }
    for (std::size_t i = 0; i < detections.objects.size(); ++i) {  // the best one chooses first
        const Detection& object = detections.objects[i];
        const QRectF box = geometry.toWidget(object.box);
        if (!isUsable(object.box) || !box.intersects(area)) continue;
        const ObjectLabel label = makeLabel(object, labels, area.width(), groups);
        const QRectF place = placeFor(box, label.size, area, taken);
        taken.push_back(place);
        painter.setOpacity(emphasised && *emphasised != i ? 0.35 : 1);
        drawLabel(painter, place, label, labelColour(labels, object.class_index));
    }
    painter.restore();
}

void drawBallotDots(QPainter& painter, const PictureGeometry& geometry,
                    const Recognition& recognition, const Detections& detections,
                    const Detection& object) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (const std::uint32_t voter : object.voters) {
        if (voter >= detections.raw.size()) continue;
        const RawBox& raw = detections.raw[voter];
        const ScoreMap* map = recognition.mapOf(raw);
        if (map == nullptr) continue;
        const auto scale = static_cast<std::size_t>(raw.scale);
        const PointPx centre = map->windowAt(raw.cell).centre();
        const double radius = 2.5 + 5 * std::clamp(raw.score, 0.0F, 1.0F);
        painter.setPen(QPen(QColor(0, 0, 0, 190), 1.5));
        painter.setBrush(scaleColour(scale));
        painter.drawEllipse(geometry.toWidget(centre), radius, radius);
    }
    painter.restore();
}

void drawScaleLegend(QPainter& painter, const QRectF& picture, const Recognition& recognition,
                     const QString& remark) {
    if (recognition.scales.empty()) return;
    constexpr double kPadding = 8;
    const QFont font = themeFont(TextSize::kSmall);
    const QFontMetricsF metrics(font);
    const double line = std::ceil(metrics.height()) + 1;
    std::vector<QString> texts;
    double width = 0;
    for (const ScoreMap& map : recognition.scales) {
        texts.push_back(tr("windows of %1 px").arg(std::lround(map.windowAt({}).width)));
        width = std::max(width, metrics.horizontalAdvance(texts.back()));
    }
    if (!remark.isEmpty()) width = std::max(width, metrics.horizontalAdvance(remark) - 16);
    const std::size_t lines = texts.size() + (remark.isEmpty() ? 0 : 1);
    QRectF plate(0, 0, width + 16 + 2 * kPadding, line * static_cast<double>(lines) + 2 * kPadding);
    if (plate.width() + 2 * spacing::kSmall > picture.width() / 2 ||
        plate.height() + 2 * spacing::kSmall > picture.height()) {
        return;  // a picture so small is better seen than explained
    }
    plate.moveTopRight(picture.topRight() + QPointF(-spacing::kSmall, spacing::kSmall));
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(plateColour());
    painter.drawRoundedRect(plate, kRadius, kRadius);
    painter.setFont(font);
    QRectF row(plate.left() + kPadding, plate.top() + kPadding, width + 16, line);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(scaleColour(i));
        painter.drawEllipse(QPointF(row.left() + 4, row.center().y()), 4, 4);
        painter.setPen(plateText());
        painter.drawText(row.adjusted(16, 0, 0, 0), Qt::AlignVCenter | Qt::TextSingleLine,
                         texts[i]);
        row.translate(0, line);
    }
    painter.setPen(plateText());
    painter.drawText(row, Qt::AlignVCenter | Qt::TextSingleLine, remark);
    painter.restore();
}

}  // namespace overfeat::ui
