// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/core/image.h"
#include "engine/core/stage_clock.h"
#include "engine/detect/recogniser.h"
#include "engine/net/model.h"

namespace overfeat::cli {

// Measurements behind `overfeat bench`; nothing here prints.

// A picture with content at all frequencies; always the same.
Image benchmarkPicture(SizePx size);

struct StageMedians {
    double first_ms = 0;  // the first frame, with compiling the plans
    StageTimings stages;  // medians per stage; their sum is not quite the median of the whole
    double total_ms = 0;  // median from picture to result
    double slow_ms = 0;   // 95th percentile
    int runs = 0;
    Recognition last;
};
StageMedians measureStages(detect::Recogniser& recogniser, const Image& picture, const Look& look,
                           int runs, const std::stop_token& stop);

// One level of the pyramid, as the network sees it; or the single windows of the other views.
struct LevelCost {
    std::size_t model = 0;  // which of several that vote
    SizePx input;
    SizePx cells;
    std::int64_t multiply_adds = 0;  // with those of the mirror image, where there is one
};
// Of all models, one after the other.
std::vector<LevelCost> levelCosts(const std::vector<std::shared_ptr<const net::Model>>& models,
                                  const Look& look, SizePx frame);

// The dense network against the window network on every one of its windows, cropped and run one by
// one, alternating in the same run, on the same threads.
struct WindowsComparison {
    SizePx input;
    std::int64_t windows = 0;
    double dense_ms = 0;
    double windows_ms = 0;
    double largest_difference = 0;  // of any output, relative to the largest value of that output
    net::DenseFidelity fidelity = net::DenseFidelity::kExact;

    double ratio() const noexcept { return dense_ms > 0 ? windows_ms / dense_ms : 0; }
};
WindowsComparison compareWithWindows(const net::Model& model, SizePx input, int fine_steps,
                                     const backend::Backend& device, int threads, int rounds,
                                     const std::stop_token& stop);

// How long it takes to make objects of `boxes` raw boxes: the best ones the network gave for a
// picture, with thresholds as low as it takes.
struct MergeTimes {
    std::size_t boxes = 0;  // fewer than wanted if the picture has no more
    double vote_ms = 0;
    double nms_ms = 0;
    double soft_nms_ms = 0;
};
MergeTimes measureMerging(const Recognition& seen, int boxes, int threads, int runs);

// Multiply-adds per second on a large 1x1 convolution: what this machine and backend can do when
// memory is no limit. The best of several runs.
double peakMultiplyAddsPerSecond(const backend::Backend& device, int threads);

struct Memory {
    std::int64_t resident_bytes = 0;
    std::int64_t peak_bytes = 0;
};
Memory residentMemory();  // of this process, from /proc; zeros where there is none

// The slope of a line through (x, y) by least squares; 0 for fewer than two different x.
double slope(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace overfeat::cli
