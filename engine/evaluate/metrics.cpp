// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/metrics.h"

#include <algorithm>

namespace overfeat::evaluate {
namespace {

double errorRate(std::int64_t right, std::int64_t all) {
    return all > 0 ? 1 - static_cast<double>(right) / static_cast<double>(all) : 0;
}

double share(double part, std::int64_t all) {
    return all > 0 ? part / static_cast<double>(all) : 0;
}

constexpr std::size_t kFive = 5;

}  // namespace

std::size_t rankOf(std::span<const float> scores, const LabelSet& labels, std::size_t truth) {
    std::size_t better = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (i == truth || labels.isBackground(i)) continue;
        if (scores[i] > scores[truth] || (scores[i] == scores[truth] && i < truth)) ++better;
    }
    return better;
}

void ClassificationTally::add(std::span<const float> scores, const LabelSet& labels,
                              std::size_t truth) {
    const std::size_t rank = rankOf(scores, labels, truth);
    ++pictures_;
    if (rank == 0) ++top1_;
    if (rank < kFive) ++top5_;
}

double ClassificationTally::top1Error() const noexcept {
    return errorRate(top1_, pictures_);
}

double ClassificationTally::top5Error() const noexcept {
    return errorRate(top5_, pictures_);
}

void LocalisationTally::add(std::span<const float> scores, const LabelSet& labels,
                            std::size_t truth, const RectPx& box, const RectPx& true_box) {
    const std::size_t rank = rankOf(scores, labels, truth);
    const double overlap = intersectionOverUnion(box, true_box);
    const bool good = overlap >= kGoodOverlap;
    ++pictures_;
    overlap_sum_ += overlap;
    if (good) ++good_;
    if (good && rank == 0) ++top1_;
    if (good && rank < kFive) ++top5_;
}

void BackgroundTally::add(std::span<const float> scores, const LabelSet& labels) {
    float best = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (!labels.isBackground(i)) best = std::max(best, scores[i]);
    }
    const auto background = labels.background();
    ++pictures_;
    if (!background || best > scores[*background]) ++called_;
    if (best >= kShown) ++shown_;
}

double BackgroundTally::calledObjectShare() const noexcept {
    return share(static_cast<double>(called_), pictures_);
}

double BackgroundTally::shownShare() const noexcept {
    return share(static_cast<double>(shown_), pictures_);
}

double LocalisationTally::top1Error() const noexcept {
    return errorRate(top1_, pictures_);
}

double LocalisationTally::top5Error() const noexcept {
    return errorRate(top5_, pictures_);
}

double LocalisationTally::meanOverlap() const noexcept {
    return share(overlap_sum_, pictures_);
}

double LocalisationTally::goodBoxShare() const noexcept {
    return share(static_cast<double>(good_), pictures_);
}

}  // namespace overfeat::evaluate
