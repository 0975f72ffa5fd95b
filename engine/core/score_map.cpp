// SPDX-License-Identifier: Apache-2.0
#include "engine/core/score_map.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/error.h"

namespace overfeat {
namespace {

struct WeightedScale {
    const ScoreMap* map;
    float weight;  // all of them add up to 1
};

std::vector<WeightedScale> weighted(std::span<const ScoreMap> scales, std::size_t class_index) {
    std::vector<WeightedScale> known;
    double sum = 0;
    const auto weightOf = [](const ScoreMap& scale) {
        return 1 / std::max(scale.windowAt({}).area(), 1.0);
    };
    for (const ScoreMap& scale : scales) {
        if (scale.knows(class_index) && scale.cellCount() > 0) sum += weightOf(scale);
    }
    for (const ScoreMap& scale : scales) {
        if (!scale.knows(class_index) || scale.cellCount() == 0) continue;
        known.push_back({&scale, static_cast<float>(weightOf(scale) / sum)});
    }
    return known;
}

// Splits a position on a grid of `count` points into the lower index and the fraction towards the
// next one, clamped to the grid.
struct GridPosition {
    int index;
    float fraction;
};

GridPosition gridPosition(double position, int count) {
    const double clamped = std::clamp(position, 0.0, static_cast<double>(count - 1));
    const int index = std::min(static_cast<int>(clamped), std::max(count - 2, 0));
    return {index, static_cast<float>(clamped - index)};
}

}  // namespace

ScoreMap::ScoreMap(SizePx cells, std::size_t classes, RectPx first_window_px, double step_x_px,
                   double step_y_px, std::vector<float> probabilities, WindowBoxes boxes,
                   std::size_t first_class)
    : cells_(cells),
      classes_(classes),
      first_class_(first_class),
      first_window_px_(first_window_px),
      step_x_px_(step_x_px),
      step_y_px_(step_y_px),
      probabilities_(std::move(probabilities)),
      boxes_(std::move(boxes)) {
    const std::size_t sets = std::max<std::size_t>(boxes_.classes.size(), 1);
    if (probabilities_.size() != classes_ * cellCount() ||
        (!boxes_.empty() && boxes_.px.size() != sets * cellCount()) ||
        !std::ranges::is_sorted(boxes_.classes)) {
        throw Error(ErrorCode::kRuntime, "A score map's data does not match its size.");
    }
}

float ScoreMap::spatialMax(std::size_t class_index) const noexcept {
    const auto cells = plane(class_index);
    return cells.empty() ? 0.0F : *std::ranges::max_element(cells);
}

RectPx ScoreMap::windowAt(CellIndex cell) const noexcept {
    RectPx window = first_window_px_;
    window.x += cell.column * step_x_px_;
    window.y += cell.row * step_y_px_;
    return window;
}

std::optional<CellIndex> ScoreMap::nearestCell(PointPx point) const noexcept {
    if (cellCount() == 0) return std::nullopt;
    const PointPx first = first_window_px_.centre();
    const auto nearest = [](double position, int count) {
        return static_cast<int>(std::clamp(std::round(position), 0.0, count - 1.0));
    };
    return CellIndex{step_y_px_ > 0 ? nearest((point.y - first.y) / step_y_px_, rows()) : 0,
                     step_x_px_ > 0 ? nearest((point.x - first.x) / step_x_px_, columns()) : 0};
}

std::optional<RectPx> ScoreMap::boxAt(CellIndex cell, std::size_t class_index) const noexcept {
    if (boxes_.empty()) return std::nullopt;
    std::size_t set = 0;
    if (!boxes_.classes.empty()) {
        const auto found = std::ranges::lower_bound(boxes_.classes, class_index);
        if (found == boxes_.classes.end() || *found != class_index) return std::nullopt;
        set = static_cast<std::size_t>(found - boxes_.classes.begin());
    }
    const RectPx& box = boxes_.px[set * cellCount() + offset(cell)];
    return box.width > 0 && box.height > 0 ? std::optional(box) : std::nullopt;
}

float ScoreMap::interpolate(std::size_t class_index, PointPx point) const noexcept {
    if (cellCount() == 0) return 0;
    const PointPx first = first_window_px_.centre();
    const auto across =
        gridPosition(step_x_px_ > 0 ? (point.x - first.x) / step_x_px_ : 0, columns());
    const auto down = gridPosition(step_y_px_ > 0 ? (point.y - first.y) / step_y_px_ : 0, rows());
    const int right = std::min(across.index + 1, columns() - 1);
    const int below = std::min(down.index + 1, rows() - 1);
    const auto between = [](float a, float b, float t) { return a + (b - a) * t; };
    return between(between(score(class_index, {down.index, across.index}),
                           score(class_index, {down.index, right}), across.fraction),
                   between(score(class_index, {below, across.index}),
                           score(class_index, {below, right}), across.fraction),
                   down.fraction);
}

HeatMap heatMap(std::span<const ScoreMap> scales, std::size_t class_index, SizePx frame,
                double step_px, ScaleMix mix) {
    HeatMap map;
    if (frame.empty() || !(step_px > 0)) return map;
    map.step_px = step_px;
    map.size = {std::max(1, static_cast<int>(std::ceil(frame.width / step_px))),
                std::max(1, static_cast<int>(std::ceil(frame.height / step_px)))};
    map.values.reserve(static_cast<std::size_t>(map.size.width) *
                       static_cast<std::size_t>(map.size.height));
    const std::vector<WeightedScale> known = weighted(scales, class_index);
    for (int row = 0; row < map.size.height; ++row) {
        for (int column = 0; column < map.size.width; ++column) {
            const PointPx point{(column + 0.5) * step_px, (row + 0.5) * step_px};
            float value = 0;
            for (const WeightedScale& scale : known) {
                const float score = scale.map->interpolate(class_index, point);
                value = mix == ScaleMix::kHighest ? std::max(value, score)
                                                  : value + scale.weight * score;
            }
            map.values.push_back(value);
        }
    }
    return map;
}

}  // namespace overfeat
