// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "engine/core/recognition.h"

namespace overfeat::ui {

// One window of the pyramid that a person is looking at.
struct Probe {
    std::size_t scale = 0;  // index into the maps of its class, or of the network's classes
    CellIndex cell;
    bool pinned = false;
    bool taught = false;  // of the maps of the classes that were taught
    bool operator==(const Probe&) const = default;
};

// The window behind a point of the picture: at the wanted scale, the cell whose window is centred
// nearest; with all scales combined, the one of those cells that scores the class highest, because
// that one has most to say about it. Nothing if there are no maps.
std::optional<Probe> probeAt(const Recognition& recognition, std::optional<std::size_t> class_index,
                             std::optional<int> wanted_scale, PointPx point);

// The window with the class's highest score: where the keyboard starts.
std::optional<Probe> probeAtPeak(const Recognition& recognition, std::size_t class_index,
                                 std::optional<int> wanted_scale);

// The same probe on a newer result: the same cell if the pyramid still has the same shape, else the
// cell nearest to the old window's centre. Nothing if that is impossible.
std::optional<Probe> carriedOver(const Probe& probe, const Recognition& before,
                                 const Recognition& after);

bool isValid(const Probe& probe, const Recognition& recognition) noexcept;
// The maps that the probe goes by, and the one it is on. The latter requires a valid probe.
std::span<const ScoreMap> mapsOf(const Probe& probe, const Recognition& recognition) noexcept;
const ScoreMap& mapOf(const Probe& probe, const Recognition& recognition) noexcept;

// The neighbour in the direction given, stopping at the edge of the map.
Probe movedBy(const Probe& probe, const Recognition& recognition, int rows, int columns) noexcept;
// The window nearest to the same place, `steps` scales further (positive = larger picture, so
// smaller windows).
Probe movedToScale(const Probe& probe, const Recognition& recognition, int steps);

}  // namespace overfeat::ui
