// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/core/geometry.h"

namespace overfeat::detect {

// Turns the network's raw class outputs into probabilities. Keeps its scratch memory.
// Threads: one at a time, which lends its team.
class ScoreHead {
public:
    // As many threads as `threads` (core/jobs.h).
    explicit ScoreHead(int threads = 1) : threads_(threads) {}

    // `raw` and `probabilities` are class-major, [class][cell]; softmax runs over the classes of
    // each cell. With `already_probabilities` (the network ends in Softmax) the values are copied.
    // Returns false, with `probabilities` unspecified, if a raw value is not finite.
    [[nodiscard]] bool apply(std::span<const float> raw, std::size_t classes,
                             bool already_probabilities, std::span<float> probabilities);

private:
    int threads_;
    std::vector<float> highest_;  // per cell
    std::vector<float> sum_;
};

// Whether no value is infinite or not a number.
bool allFinite(std::span<const float> values) noexcept;

// A box regressed from `window`: x1, y1, x2, y2 in window units, where 0..1 spans the window. Edges
// that come out in the wrong order are swapped. With `mirrored` the network saw the window's mirror
// image, and the box is turned back.
RectPx boxFromWindow(const RectPx& window, float x1, float y1, float x2, float y2,
                     bool mirrored) noexcept;

}  // namespace overfeat::detect
