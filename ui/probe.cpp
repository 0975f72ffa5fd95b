// SPDX-License-Identifier: Apache-2.0
#include "ui/probe.h"

#include <algorithm>

namespace overfeat::ui {
namespace {

bool isShown(std::size_t scale, std::optional<int> wanted) {
    return !wanted || static_cast<std::size_t>(std::max(*wanted, 0)) == scale;
}

float scoreOf(const ScoreMap& map, std::optional<std::size_t> class_index, CellIndex cell) {
    return class_index && map.knows(*class_index) ? map.score(*class_index, cell) : 0.0F;
}

bool isTaught(const Recognition& recognition, std::optional<std::size_t> class_index) {
    return class_index && !recognition.taught_scales.empty() &&
           recognition.taught_scales.front().knows(*class_index);
}

// The cell nearest to a point on maps of one kind, of the scales the one that scores most.
std::optional<Probe> probeOn(const Recognition& recognition, bool taught,
                             std::optional<std::size_t> class_index,
                             std::optional<int> wanted_scale, PointPx point) {
    const auto& maps = taught ? recognition.taught_scales : recognition.scales;
    std::optional<Probe> best;
    float best_score = -1;
    for (std::size_t scale = 0; scale < maps.size(); ++scale) {
        if (!isShown(scale, wanted_scale)) continue;
        const auto cell = maps[scale].nearestCell(point);
        if (!cell) continue;
        const float score = scoreOf(maps[scale], class_index, *cell);
        if (score > best_score) {
            best_score = score;
            best = Probe{.scale = scale, .cell = *cell, .pinned = false, .taught = taught};
        }
    }
    return best;
}

}  // namespace

std::span<const ScoreMap> mapsOf(const Probe& probe, const Recognition& recognition) noexcept {
    return probe.taught ? recognition.taught_scales : recognition.scales;
}

const ScoreMap& mapOf(const Probe& probe, const Recognition& recognition) noexcept {
    return mapsOf(probe, recognition)[probe.scale];
}

std::optional<Probe> probeAt(const Recognition& recognition, std::optional<std::size_t> class_index,
                             std::optional<int> wanted_scale, PointPx point) {
    return probeOn(recognition, isTaught(recognition, class_index), class_index, wanted_scale,
                   point);
}

std::optional<Probe> probeAtPeak(const Recognition& recognition, std::size_t class_index,
                                 std::optional<int> wanted_scale) {
    const auto maps = recognition.mapsOf(class_index);
    std::optional<Probe> best;
    float best_score = -1;
    for (std::size_t scale = 0; scale < maps.size(); ++scale) {
        const ScoreMap& map = maps[scale];
        if (!isShown(scale, wanted_scale) || !map.knows(class_index) || map.cellCount() == 0)
            continue;
        const auto plane = map.plane(class_index);
        const auto peak = std::ranges::max_element(plane);
        if (*peak > best_score) {
            best_score = *peak;
            const auto offset = static_cast<int>(peak - plane.begin());
            best = Probe{.scale = scale,
                         .cell = {offset / map.columns(), offset % map.columns()},
                         .pinned = false,
                         .taught = isTaught(recognition, class_index)};
        }
    }
    return best;
}

bool isValid(const Probe& probe, const Recognition& recognition) noexcept {
    const auto maps = mapsOf(probe, recognition);
    if (probe.scale >= maps.size()) return false;
    const ScoreMap& map = maps[probe.scale];
    return probe.cell.row >= 0 && probe.cell.row < map.rows() && probe.cell.column >= 0 &&
           probe.cell.column < map.columns();
}

std::optional<Probe> carriedOver(const Probe& probe, const Recognition& before,
                                 const Recognition& after) {
    if (!isValid(probe, before)) return std::nullopt;
    const ScoreMap& old_map = mapOf(probe, before);
    if (before.frame_size != after.frame_size) return std::nullopt;
    if (isValid(probe, after)) {
        const ScoreMap& map = mapOf(probe, after);
        if (map.rows() == old_map.rows() && map.columns() == old_map.columns()) return probe;
    }
    auto found = probeOn(after, probe.taught, std::nullopt, std::nullopt,
                         old_map.windowAt(probe.cell).centre());
    if (found) found->pinned = probe.pinned;
    return found;
}

Probe movedBy(const Probe& probe, const Recognition& recognition, int rows, int columns) noexcept {
    if (!isValid(probe, recognition)) return probe;
    const ScoreMap& map = mapOf(probe, recognition);
    Probe moved = probe;
    moved.cell.row = std::clamp(probe.cell.row + rows, 0, map.rows() - 1);
    moved.cell.column = std::clamp(probe.cell.column + columns, 0, map.columns() - 1);
    return moved;
}

Probe movedToScale(const Probe& probe, const Recognition& recognition, int steps) {
    if (!isValid(probe, recognition)) return probe;
    const auto last = static_cast<int>(mapsOf(probe, recognition).size()) - 1;
    const int scale = std::clamp(static_cast<int>(probe.scale) + steps, 0, last);
    const PointPx centre = mapOf(probe, recognition).windowAt(probe.cell).centre();
    auto moved = probeOn(recognition, probe.taught, std::nullopt, scale, centre);
    if (!moved) return probe;
    moved->pinned = probe.pinned;
    return *moved;
}

}  // namespace overfeat::ui
