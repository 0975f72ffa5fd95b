// SPDX-License-Identifier: Apache-2.0
#include "ui/heat_map_overlay.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "ui/colour_map.h"

namespace overfeat::ui {
namespace {

QRgb covered(float position) {
    const QRgb colour = colourMap().at(position);
    const int alpha = static_cast<int>(std::lround(scoreCoverage(position) * 255));
    return qPremultiply(qRgba(qRed(colour), qGreen(colour), qBlue(colour), alpha));
}

std::span<const ScoreMap> shownScales(const Recognition& recognition, std::size_t class_index,
                                      std::optional<int> scale) {
    const std::span<const ScoreMap> all = recognition.mapsOf(class_index);
    if (!scale) return all;
    const auto index = static_cast<std::size_t>(std::max(*scale, 0));
    return index < all.size() ? all.subspan(index, 1) : all;
}

}  // namespace

float overlayRange(float peak, float previous_range) noexcept {
    static constexpr std::array<float, 3> kSteps{0.2F, 0.5F, 1.0F};
    const auto next = [](float value) {
        const auto* step = std::ranges::lower_bound(kSteps, value);
        return step == kSteps.end() ? kSteps.back() : *step;
    };
    constexpr float kMargin = 0.75F;
    const float wanted = next(peak);
    const bool has_previous = previous_range > 0;
    if (!has_previous || wanted > previous_range) return wanted;
    // Coming down needs the peak clearly below the step it would come down to.
    return std::min(previous_range, next(peak / kMargin));
}

HeatMapOverlay makeOverlay(const Recognition& recognition, std::size_t class_index,
                           const HeatMapOptions& options, float previous_range) {
    HeatMapOverlay overlay;
    const auto scales = shownScales(recognition, class_index, options.scale);
    const SizePx frame = recognition.frame_size;
    if (scales.empty() || frame.empty()) return overlay;
    const double step_px = std::max(frame.width, frame.height) / double{kOverlayPoints};
    // What was taught has one size and answers on one scale: a mean would say it were not there.
    const bool is_taught = recognition.labels && recognition.labels->isTaught(class_index);
    const bool mean = options.average_scales && !is_taught;
    const HeatMap map = heatMap(scales, class_index, frame, step_px,
                                mean ? ScaleMix::kFinerMore : ScaleMix::kHighest);
    overlay.peak = std::ranges::max(map.values);
    overlay.range = options.full_range ? 1.0F : overlayRange(overlay.peak, previous_range);
    overlay.area = {0, 0, map.size.width * map.step_px, map.size.height * map.step_px};

    std::array<QRgb, ColourMap::kSteps> ramp{};
    for (int i = 0; i < ColourMap::kSteps; ++i) {
        ramp[static_cast<std::size_t>(i)] =
            covered(static_cast<float>(i) / (ColourMap::kSteps - 1));
    }
    overlay.image = QImage(map.size.width, map.size.height, QImage::Format_ARGB32_Premultiplied);
    for (int row = 0; row < map.size.height; ++row) {
        auto* pixels = reinterpret_cast<QRgb*>(overlay.image.scanLine(row));
        for (int column = 0; column < map.size.width; ++column) {
            const float value = map.at(column, row) / overlay.range;
            const float position = value > 0 ? std::min(value, 1.0F) : 0.0F;
            pixels[column] =
                ramp[static_cast<std::size_t>(std::lround(position * (ColourMap::kSteps - 1)))];
        }
    }
    return overlay;
}

}  // namespace overfeat::ui
