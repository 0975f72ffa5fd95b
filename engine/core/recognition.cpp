// SPDX-License-Identifier: Apache-2.0
#include "engine/core/recognition.h"

#include <algorithm>
#include <cmath>

namespace overfeat {
namespace {

template <class ScoreOf>
std::vector<ScoredClass> best(std::size_t first, std::size_t classes, const LabelSet& labels,
                              std::size_t count, ScoreOf scoreOf) {
    std::vector<ScoredClass> all;
    all.reserve(classes);
    for (std::size_t i = first; i < first + classes; ++i) {
        if (!labels.isBackground(i)) all.push_back({i, scoreOf(i)});
    }
    const std::size_t kept = std::min(count, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(),
                      [](const ScoredClass& a, const ScoredClass& b) {
                          return a.score != b.score ? a.score > b.score : a.index < b.index;
                      });
    all.resize(kept);
    return all;
}

}  // namespace

std::span<const ScoreMap> Recognition::mapsOf(std::size_t class_index) const noexcept {
    const bool taught = !taught_scales.empty() && taught_scales.front().knows(class_index);
    return taught ? taught_scales : scales;
}

const ScoreMap* Recognition::mapOf(const RawBox& raw) const noexcept {
    const std::span<const ScoreMap> maps = mapsOf(raw.class_index);
    if (raw.scale < 0 || static_cast<std::size_t>(raw.scale) >= maps.size()) return nullptr;
    const ScoreMap& map = maps[static_cast<std::size_t>(raw.scale)];
    const bool inside = raw.cell.row >= 0 && raw.cell.row < map.rows() && raw.cell.column >= 0 &&
                        raw.cell.column < map.columns();
    return inside && map.knows(raw.class_index) ? &map : nullptr;
}

std::vector<ScoredClass> topClasses(std::span<const float> scores, const LabelSet& labels,
                                    std::size_t count) {
    return best(0, scores.size(), labels, count, [&](std::size_t i) { return scores[i]; });
}

std::vector<ScoredClass> topClasses(const ScoreMap& scale, CellIndex cell, const LabelSet& labels,
                                    std::size_t count) {
    return best(scale.firstClass(), scale.classCount(), labels, count,
                [&](std::size_t i) { return scale.score(i, cell); });
}

std::span<const float> ScoreSmoother::add(std::span<const float> scores, double elapsed_s) {
    if (average_.size() != scores.size()) {
        average_.assign(scores.begin(), scores.end());
        return average_;
    }
    const auto weight =
        static_cast<float>(1.0 - std::exp(-std::max(elapsed_s, 0.0) / time_constant_s_));
    for (std::size_t i = 0; i < scores.size(); ++i) {
        average_[i] += weight * (scores[i] - average_[i]);
    }
    return average_;
}

}  // namespace overfeat
