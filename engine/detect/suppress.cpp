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

// Survivors of a class come in order of their scores, so those that would not be shown come last
// and need not be looked for.
bool isEnough(const std::vector<Detection>& found, std::size_t first, std::size_t class_index,
              float next_score, const DetectionOptions& options, const ShownFrom& shown_from) {
    return found.size() - first >= static_cast<std::size_t>(options.max_objects) ||
           next_score < shown_from(class_index);
}

}  // namespace

std::vector<Detection> suppress(std::span<const RawBox> raw, const DetectionOptions& options,
                                const ShownFrom& shown_from, std::size_t* pairs) {
    std::vector<Detection> found;
    forEachClass(raw, [&](std::span<const std::uint32_t> indices) {
        const std::size_t first = found.size();
        for (const std::uint32_t i : indices) {
            if (isEnough(found, first, raw[i].class_index, raw[i].score, options, shown_from))
                break;
            const bool gone = std::any_of(found.begin() + static_cast<std::ptrdiff_t>(first),
                                          found.end(), [&](const Detection& better) {
                                              if (pairs != nullptr) ++*pairs;
                                              return intersectionOverUnion(better.box, raw[i].box) >
                                                     options.nms_overlap;
                                          });
            if (!gone) found.push_back(survivor(raw[i], i, raw[i].score));
        }
    });
    return found;
}

// Scores only fall, so a box is compared with the survivors it has not met when its turn seems to
// come, and waits again if its score fell. Most boxes fall below what is shown after a few
// survivors and never meet the others.
std::vector<Detection> suppressSoftly(std::span<const RawBox> raw, const DetectionOptions& options,
                                      const ShownFrom& shown_from, std::size_t* pairs) {
    struct Waiting {
        float score;
        std::uint32_t rank;  // of equal scores the first
        std::size_t met;     // survivors
        bool operator<(const Waiting& other) const {
            return score != other.score ? score < other.score : rank > other.rank;
        }
    };
    std::vector<Detection> found;
    std::vector<Waiting> heap;
    forEachClass(raw, [&](std::span<const std::uint32_t> boxes) {
        const std::size_t first = found.size();
        heap.clear();
        for (std::uint32_t rank = 0; rank < boxes.size(); ++rank)
            heap.push_back({raw[boxes[rank]].score, rank, first});
        std::make_heap(heap.begin(), heap.end());
        while (!heap.empty()) {
            std::pop_heap(heap.begin(), heap.end());
            Waiting next = heap.back();
            heap.pop_back();
            const RawBox& box = raw[boxes[next.rank]];
            if (next.score < kForgotten ||
                isEnough(found, first, box.class_index, next.score, options, shown_from))
                break;
            if (next.met == found.size()) {
                found.push_back(survivor(box, boxes[next.rank], next.score));
                continue;
            }
            const float least = std::max(kForgotten, shown_from(box.class_index));
            for (; next.met < found.size() && next.score >= least; ++next.met) {
                if (pairs != nullptr) ++*pairs;
                const double overlap = intersectionOverUnion(found[next.met].box, box.box);
                if (overlap > 0) {
                    next.score *=
                        static_cast<float>(std::exp(-overlap * overlap / options.soft_nms_sigma));
                }
            }
            if (next.score < least) continue;  // it will not come back
            heap.push_back(next);
            std::push_heap(heap.begin(), heap.end());
        }
    });
    return found;
}

}  // namespace overfeat::detect
