// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/suppress.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace overfeat::detect {
namespace {

Detection survivor(const RawBox& raw, std::uint32_t index, float score) {
    Detection detection;
    detection.box = raw.box;
    detection.class_index = raw.class_index;
    detection.confidence = score;
    detection.voters = {index};
    return detection;
}

// Calls `visit(indices)` for the boxes of every class, best first. `raw` need not be sorted.
template <class Visit>
void forEachClass(std::span<const RawBox> raw, Visit visit) {
    std::vector<std::uint32_t> order(raw.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
        if (raw[a].class_index != raw[b].class_index)
            return raw[a].class_index < raw[b].class_index;
        if (raw[a].score != raw[b].score) return raw[a].score > raw[b].score;
        const RectPx& x = raw[a].box;
        const RectPx& y = raw[b].box;
        if (x.x != y.x) return x.x < y.x;
        if (x.y != y.y) return x.y < y.y;
        if (x.width != y.width) return x.width < y.width;
        return x.height < y.height;
    });
    for (auto begin = order.begin(); begin != order.end();) {
        const std::size_t k = raw[*begin].class_index;
        const auto end = std::find_if(begin, order.end(),
                                      [&](std::uint32_t i) { return raw[i].class_index != k; });
        visit(std::span<std::uint32_t>(begin, end));
        begin = end;
    }
}

}  // namespace

std::vector<Detection> suppress(std::span<const RawBox> raw, const DetectionOptions& options) {
    std::vector<Detection> found;
    forEachClass(raw, [&](std::span<const std::uint32_t> indices) {
        const std::size_t first = found.size();
        for (const std::uint32_t i : indices) {
            const bool gone = std::any_of(found.begin() + static_cast<std::ptrdiff_t>(first),
                                          found.end(), [&](const Detection& better) {
                                              return intersectionOverUnion(better.box, raw[i].box) >
                                                     options.nms_overlap;
                                          });
            if (!gone) found.push_back(survivor(raw[i], i, raw[i].score));
        }
    });
    return found;
}

std::vector<Detection> suppressSoftly(std::span<const RawBox> raw,
                                      const DetectionOptions& options) {
    std::vector<Detection> found;
    std::vector<float> scores;
    forEachClass(raw, [&](std::span<std::uint32_t> waiting) {
        scores.clear();
        for (const std::uint32_t i : waiting)
            scores.push_back(raw[i].score);
        while (!waiting.empty()) {
            const auto best = std::ranges::max_element(scores) - scores.begin();
            const auto at = static_cast<std::size_t>(best);
            const std::uint32_t chosen = waiting[at];
            const float score = scores[at];
            if (score < kForgotten) break;
            found.push_back(survivor(raw[chosen], chosen, score));
            // Closes the gap and keeps the order, so that equal scores stay in their order.
            std::copy(waiting.begin() + best + 1, waiting.end(), waiting.begin() + best);
            waiting = waiting.first(waiting.size() - 1);
            scores.erase(scores.begin() + best);
            for (std::size_t i = 0; i < waiting.size(); ++i) {
                const double overlap = intersectionOverUnion(raw[chosen].box, raw[waiting[i]].box);
                if (overlap > 0) {
                    scores[i] *=
                        static_cast<float>(std::exp(-overlap * overlap / options.soft_nms_sigma));
                }
            }
        }
    });
    return found;
}

}  // namespace overfeat::detect
