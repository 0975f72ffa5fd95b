// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/score_map.h"

namespace overfeat {

// One window's proposal: "there is a `class_index` here" (a member of B_s, OverFeat section 4.3).
// The window itself is `recognition.mapOf(raw)->windowAt(cell)`.
struct RawBox {
    RectPx box;  // in the frame; may reach outside it
    std::size_t class_index = 0;
    float score = 0;  // what the window votes with (ScoreMap::vote), 0..1
    int scale = 0;    // index into the maps of its class (Recognition::mapsOf)
    CellIndex cell;
};

// One object: raw boxes of one class that were merged (or the survivor of a suppression).
struct Detection {
    RectPx box;  // in the frame, clipped to it
    std::size_t class_index = 0;
    // The sum of the scores of the windows that voted for it (OverFeat section 4.3: "cumulatively
    // adding"); not bounded by 1. A suppression's survivor has its own score.
    float confidence = 0;
    float score = 0;  // calibrated to 0..1: how often such a detection is right
    // The ballot: indices into Detections::raw, highest score first.
    std::vector<std::uint32_t> voters;
    // What else was found at its place, best first: other classes, and other boxes of its own. They
    // have none themselves.
    std::vector<Detection> alternatives;
    // The same object in successive frames of a video has the same number; nothing without
    // temporal consensus.
    std::optional<std::uint64_t> track;

    std::size_t votes() const noexcept { return voters.size(); }
    // Not found in this frame but a moment ago; all else is of then (Tracker).
    bool remembered() const noexcept { return voters.empty(); }
};

// What was found in one frame, and everything it was made of.
struct Detections {
    std::vector<RawBox> raw;
    std::vector<Detection> objects;  // highest score first
};

}  // namespace overfeat
