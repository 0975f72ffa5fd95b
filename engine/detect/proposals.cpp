// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/proposals.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

namespace overfeat::detect {
namespace {

// C_s: the classes whose best window at this scale is best.
std::vector<std::size_t> bestClasses(const ScoreMap& scale, const LabelSet* labels, int count,
                                     float threshold) {
    std::vector<std::pair<float, std::size_t>> best;
    for (std::size_t k = scale.firstClass(); k < scale.firstClass() + scale.classCount(); ++k) {
        if (labels != nullptr && k < labels->size() && labels->isBackground(k)) continue;
        const float highest = scale.spatialMax(k);
        if (highest >= threshold) best.emplace_back(-highest, k);
    }
    std::ranges::sort(best);
    best.resize(std::min(best.size(), static_cast<std::size_t>(count)));
    std::vector<std::size_t> classes;
    classes.reserve(best.size());
    for (const auto& [score, k] : best)
        classes.push_back(k);
    return classes;
}

bool usable(const RectPx& box) {
    return std::isfinite(box.x) && std::isfinite(box.y) && std::isfinite(box.right()) &&
           std::isfinite(box.bottom()) && box.width > 0 && box.height > 0;
}

auto orderOf(const RawBox& raw) {
    const PointPx centre = raw.box.centre();
    return std::tuple(raw.class_index, centre.x, centre.y, raw.box.width, raw.box.height,
                      -raw.score, raw.scale, raw.cell.row, raw.cell.column);
}

}  // namespace

void sortForMerging(std::vector<RawBox>& boxes) {
    std::ranges::sort(boxes, [](const RawBox& a, const RawBox& b) {
        // Most pairs differ in the first two keys; the rest is there for a complete order.
        if (a.class_index != b.class_index) return a.class_index < b.class_index;
        return orderOf(a) < orderOf(b);
    });
}

std::vector<RawBox> proposals(const Recognition& seen, const DetectionOptions& options) {
    std::vector<RawBox> boxes;
    const auto least = static_cast<float>(options.window_threshold);
    const auto addAll = [&](const ScoreMap& scale, int number, std::size_t k) {
        const auto plane = scale.plane(k);
        for (std::size_t i = 0; i < plane.size(); ++i) {
            if (!(plane[i] >= least)) continue;
            const CellIndex cell{static_cast<int>(i) / scale.columns(),
                                 static_cast<int>(i) % scale.columns()};
            const std::optional<RectPx> box = scale.boxAt(cell, k);
            if (box && usable(*box)) boxes.push_back({*box, k, scale.vote(cell, k), number, cell});
        }
    };
    for (std::size_t s = 0; s < seen.scales.size(); ++s) {
        const ScoreMap& scale = seen.scales[s];
        if (!scale.hasBoxes()) continue;
        for (const std::size_t k :
             bestClasses(scale, seen.labels.get(), options.classes_per_scale, least)) {
            addAll(scale, static_cast<int>(s), k);
        }
    }
    // What was taught is not one of a thousand guesses: each class may propose.
    for (std::size_t s = 0; s < seen.taught_scales.size(); ++s) {
        const ScoreMap& scale = seen.taught_scales[s];
        for (std::size_t i = 0; i < scale.classCount(); ++i)
            addAll(scale, static_cast<int>(s), scale.firstClass() + i);
    }
    const auto limit = static_cast<std::size_t>(options.max_raw_boxes);
    if (boxes.size() > limit) {
        std::ranges::nth_element(boxes, boxes.begin() + static_cast<std::ptrdiff_t>(limit),
                                 [](const RawBox& a, const RawBox& b) {
                                     if (a.score != b.score) return a.score > b.score;
                                     return orderOf(a) < orderOf(b);
                                 });
        boxes.resize(limit);
    }
    sortForMerging(boxes);
    return boxes;
}

}  // namespace overfeat::detect
