// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/image.h"
#include "engine/core/recognition.h"

namespace overfeat::test {

// A frame of one colour, captured `at`.
FramePtr plainFrame(SizePx size, std::uint8_t grey = 90, std::uint64_t id = 1,
                    std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now());

// What to plant into a synthetic result: a smooth bump of one class around a point.
struct Bump {
    std::size_t class_index = 0;
    PointPx centre;
    double radius_px = 60;
    float height = 0.9F;
};

struct Pyramid {
    int scales = 3;
    double first_window_px = 240;  // halves roughly from scale to scale
    std::size_t classes = 20;
};

// A result with maps over the whole frame; per cell the bumps' classes get their bump and the rest
// is spread over all classes, so that every cell sums to one. Class scores are the mean over the
// scales of the spatial maximum.
std::shared_ptr<Recognition> syntheticRecognition(SizePx frame, const std::vector<Bump>& bumps,
                                                  const Pyramid& pyramid = {},
                                                  std::uint64_t frame_id = 1);

// One object per bump: raw boxes from every window that gives the bump's class at least
// `window_threshold` and lies near it, and an object of all of them. Fills `recognition`.
void addDetections(Recognition& recognition, const std::vector<Bump>& bumps,
                   float window_threshold = 0.15F);

// The same set for the same count, as a loaded model gives it.
std::shared_ptr<const LabelSet> syntheticLabels(std::size_t count);

}  // namespace overfeat::test
