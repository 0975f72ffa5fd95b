// SPDX-License-Identifier: Apache-2.0
#include "engine/core/recognition.h"

#include <algorithm>
#include <cmath>

namespace overfeat {
namespace {

template <class ScoreOf>
std::vector<ScoredClass> best(std::size_t classes, const LabelSet& labels, std::size_t count,
                              ScoreOf scoreOf) {
    std::vector<ScoredClass> all;
    all.reserve(classes);
    for (std::size_t i = 0; i < classes; ++i) {
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

std::vector<ScoredClass> topClasses(std::span<const float> scores, const LabelSet& labels,
                                    std::size_t count) {
    return best(scores.size(), labels, count, [&](std::size_t i) { return scores[i]; });
}

std::vector<ScoredClass> topClasses(const ScoreMap& scale, CellIndex cell, const LabelSet& labels,
                                    std::size_t count) {
    return best(scale.classCount(), labels, count,
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
