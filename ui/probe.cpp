// SPDX-License-Identifier: Apache-2.0
#include "ui/probe.h"

#include <algorithm>

namespace overfeat::ui {
namespace {

bool isShown(std::size_t scale, std::optional<int> wanted) {
    return !wanted || static_cast<std::size_t>(std::max(*wanted, 0)) == scale;
}

float scoreOf(const ScoreMap& map, std::optional<std::size_t> class_index, CellIndex cell) {
    return class_index && *class_index < map.classCount() ? map.score(*class_index, cell) : 0.0F;
}

}  // namespace

std::optional<Probe> probeAt(const Recognition& recognition, std::optional<std::size_t> class_index,
                             std::optional<int> wanted_scale, PointPx point) {
    std::optional<Probe> best;
    float best_score = -1;
    for (std::size_t scale = 0; scale < recognition.scales.size(); ++scale) {
        if (!isShown(scale, wanted_scale)) continue;
        const ScoreMap& map = recognition.scales[scale];
        const auto cell = map.nearestCell(point);
        if (!cell) continue;
        const float score = scoreOf(map, class_index, *cell);
        if (score > best_score) {
            best_score = score;
            best = Probe{scale, *cell, false};
        }
    }
    return best;
}

std::optional<Probe> probeAtPeak(const Recognition& recognition, std::size_t class_index,
                                 std::optional<int> wanted_scale) {
    std::optional<Probe> best;
    float best_score = -1;
    for (std::size_t scale = 0; scale < recognition.scales.size(); ++scale) {
        const ScoreMap& map = recognition.scales[scale];
        if (!isShown(scale, wanted_scale) || class_index >= map.classCount() ||
            map.cellCount() == 0) {
            continue;
        }
        const auto plane = map.plane(class_index);
        const auto peak = std::ranges::max_element(plane);
        if (*peak > best_score) {
            best_score = *peak;
            const auto offset = static_cast<int>(peak - plane.begin());
            best = Probe{scale, {offset / map.columns(), offset % map.columns()}, false};
        }
    }
    return best;
}

bool isValid(const Probe& probe, const Recognition& recognition) noexcept {
    if (probe.scale >= recognition.scales.size()) return false;
    const ScoreMap& map = recognition.scales[probe.scale];
    return probe.cell.row >= 0 && probe.cell.row < map.rows() && probe.cell.column >= 0 &&
           probe.cell.column < map.columns();
}

std::optional<Probe> carriedOver(const Probe& probe, const Recognition& before,
                                 const Recognition& after) {
    if (!isValid(probe, before)) return std::nullopt;
    const ScoreMap& old_map = before.scales[probe.scale];
    if (before.frame_size != after.frame_size) return std::nullopt;
    if (probe.scale < after.scales.size()) {
        const ScoreMap& map = after.scales[probe.scale];
        if (isValid(probe, after) && map.rows() == old_map.rows() &&
            map.columns() == old_map.columns()) {
            return probe;
        }
    }
    auto found = probeAt(after, std::nullopt, std::nullopt, old_map.windowAt(probe.cell).centre());
    if (found) found->pinned = probe.pinned;
    return found;
}

Probe movedBy(const Probe& probe, const Recognition& recognition, int rows, int columns) noexcept {
    if (!isValid(probe, recognition)) return probe;
    const ScoreMap& map = recognition.scales[probe.scale];
    Probe moved = probe;
    moved.cell.row = std::clamp(probe.cell.row + rows, 0, map.rows() - 1);
    moved.cell.column = std::clamp(probe.cell.column + columns, 0, map.columns() - 1);
    return moved;
}

Probe movedToScale(const Probe& probe, const Recognition& recognition, int steps) {
    if (!isValid(probe, recognition)) return probe;
    const auto last = static_cast<int>(recognition.scales.size()) - 1;
    const int scale = std::clamp(static_cast<int>(probe.scale) + steps, 0, last);
    const PointPx centre = recognition.scales[probe.scale].windowAt(probe.cell).centre();
    auto moved = probeAt(recognition, std::nullopt, scale, centre);
    if (!moved) return probe;
    moved->pinned = probe.pinned;
    return *moved;
}

}  // namespace overfeat::ui
