// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/core/geometry.h"
#include "engine/core/score_map.h"
#include "engine/detect/evidence_boxes.h"
#include "engine/detect/network.h"
#include "engine/detect/score_head.h"

namespace overfeat::detect {

// What one network said at every window of one level, while mirror images and other models may
// still be averaged into it.
struct LevelResult {
    SizePx cells;
    RectPx first_window_px;  // in the frame
    double step_x_px = 0;
    double step_y_px = 0;
    std::vector<float> probabilities;  // [class][row][column]
    WindowBoxes boxes;
    int voters = 1;      // networks averaged so far
    int box_voters = 1;  // of them those with such boxes

    std::size_t cellCount() const noexcept {
        return static_cast<std::size_t>(cells.width) * static_cast<std::size_t>(cells.height);
    }
    RectPx windowAt(int row, int column) const noexcept {
        return {first_window_px.x + column * step_x_px, first_window_px.y + row * step_y_px,
                first_window_px.width, first_window_px.height};
    }
    // Whether cell for cell the same windows are meant.
    bool sameWindows(const LevelResult& other) const noexcept;
    // Adds the largest probability of each class, times `weight`, to `scores`.
    void addSpatialMax(std::span<float> scores, float weight) const noexcept;
    // The mean of both, which one network gave for a level and its mirror image.
    void averageWith(const LevelResult& mirrored) noexcept;
    // Another network's answer for the same windows: all networks count the same, in the
    // probabilities and, of those with such boxes, in the boxes.
    void addVote(const LevelResult& other) noexcept;
    // The finished map; leaves the vectors empty.
    ScoreMap take(std::size_t classes);
};

// What a plan has to do with its frame.
struct LevelRun {
    const Network& network;
    const net::DenseGraph& dense;
    int fine_steps = 0;  // of `dense`
    SizePx frame;
    SizePx level;
    // The network saw the level's mirror image; the result is turned back. Cell for cell that is
    // exact because windows tile the level from edge to edge (pyramid.h).
    bool mirrored = false;
    // Compiled from EvidenceBoxes::head() for its batch; null = no boxes from evidence are wanted.
    backend::Plan* evidence_head = nullptr;
};

// Turns the outputs of a plan that has run into a LevelResult. Keeps its scratch memory.
// Threads: one at a time, which lends its team.
class LevelReader {
public:
    // As many threads as `threads` (core/jobs.h).
    explicit LevelReader(int threads = 1) : head_(threads), evidence_(threads) {}

    // Throws Error(kModel) if an output is not finite or not of the expected shape.
    void read(const LevelRun& run, const backend::Plan& plan, LevelResult& result);

private:
    std::span<const float> inside(std::span<const float> planes, SizePx computed, SizePx wanted);
    void readBoxes(const LevelRun& run, std::span<const float> edges, std::size_t sets,
                   LevelResult& result);

    ScoreHead head_;
    EvidenceBoxes evidence_;
    std::vector<float> inside_;
};

// The sentence for a network that computed infinities or NaNs.
[[noreturn]] void throwNotFinite(const net::Model& model);

}  // namespace overfeat::detect
