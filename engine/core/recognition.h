// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/calibration.h"
#include "engine/core/detection.h"
#include "engine/core/geometry.h"
#include "engine/core/label_set.h"
#include "engine/core/layer_maps.h"
#include "engine/core/score_map.h"
#include "engine/core/stage_clock.h"

namespace overfeat {

struct ScoredClass {
    std::size_t index = 0;
    float score = 0;  // 0..1
    bool operator==(const ScoredClass&) const = default;
};

// Work that was left out of one run to hold a frame rate.
struct LeftOut {
    int scales = 0;  // the largest ones
    int fine_steps = 0;
    bool operator==(const LeftOut&) const = default;
};

// Everything the network said about one frame. Immutable once published.
struct OVERFEAT_API Recognition {
    std::uint64_t frame_id = 0;
    SizePx frame_size;
    std::shared_ptr<const LabelSet> labels;
    // One value per class, 0..1: the views' vote (OverFeat section 3.3).
    std::vector<float> scores;
    // One map per scale, smallest picture (largest windows) first. Empty for single views.
    std::vector<ScoreMap> scales;
    // The same scales once more, of the classes that were taught; empty where nothing is taught.
    // Their windows lie closer to the edges of the picture and reach over them.
    std::vector<ScoreMap> taught_scales;
    // Objects with boxes; empty for single views, for models without a box output, and where
    // Look::detection was left out.
    Detections detections;
    // Of the network's classes.
    Calibration calibration{};
    std::shared_ptr<const LayerMaps> layer;  // what Look::layer asked for; null = nothing
    LeftOut left_out;
    StageTimings timings;
    std::string device;  // "onednn (AVX2, 2 threads)"

    // The maps that know a class, one per scale.
    std::span<const ScoreMap> mapsOf(std::size_t class_index) const noexcept;
    // The map that a raw box was proposed in; null if it is of another recognition.
    const ScoreMap* mapOf(const RawBox& raw) const noexcept;
};

// The `count` best classes, best first; equal scores in order of their index. The background class
// is left out: it answers "nothing here" and is not an object.
OVERFEAT_API std::vector<ScoredClass> topClasses(std::span<const float> scores,
                                                 const LabelSet& labels, std::size_t count);

// The best classes of one window.
OVERFEAT_API std::vector<ScoredClass> topClasses(const ScoreMap& scale, CellIndex cell,
                                                 const LabelSet& labels, std::size_t count);

// Steadies scores over time: an exponential moving average with a time constant, so that it behaves
// the same at 5 and at 60 frames per second.
class OVERFEAT_API ScoreSmoother {
public:
    explicit ScoreSmoother(double time_constant_s = 0.4) : time_constant_s_(time_constant_s) {}

    // `elapsed_s` is the time since the previous call. Starts anew when the number of classes
    // changes. The returned span is valid until the next call.
    std::span<const float> add(std::span<const float> scores, double elapsed_s);
    void reset() noexcept { average_.clear(); }

private:
    double time_constant_s_;
    std::vector<float> average_;
};

}  // namespace overfeat
