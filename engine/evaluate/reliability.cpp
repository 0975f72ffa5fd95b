// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/reliability.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <vector>

#include "engine/core/taught_classes.h"

namespace overfeat::evaluate {

namespace {

// Scores as scoreOfSimilarity() makes them: one half at the middle.
struct Curve {
    double middle = 0;
    double steepness = 0;
};

Reliability reliabilityAlong(std::span<const Accepted> shown, double threshold,
                             const Curve& curve) {
    struct Bin {
        double scores = 0;
        double right = 0;
        double count = 0;
    };
    std::array<Bin, 10> bins{};
    Reliability result;
    for (const Accepted& one : shown) {
        if (one.similarity < threshold) continue;
        const double score = scoreOfSimilarity(one.similarity, curve.middle, curve.steepness);
        Bin& bin = bins[std::min<std::size_t>(static_cast<std::size_t>(score * 10), 9)];
        bin.scores += score;
        bin.right += one.right ? 1 : 0;
        ++bin.count;
        ++result.count;
        result.right += one.right ? 1 : 0;
    }
    if (result.count == 0) return result;
    const auto all = static_cast<double>(result.count);
    result.right /= all;
    for (const Bin& bin : bins)
        result.error += std::abs(bin.scores - bin.right) / all;
    return result;
}

// Of these middles and the steepnesses of likeliestSteepness(), the ones with which those from
// `threshold` on are most likely what they are; nothing is learnt from nothing: a steepness of 0.
Curve likeliestCurve(std::span<const Accepted> shown, double threshold,
                     std::span<const double> middles) {
    Curve best;
    double best_cost = std::numeric_limits<double>::infinity();
    for (const double middle : middles) {
        for (double steepness = 0.005; steepness <= 0.5; steepness *= 1.1) {
            double cost = 0;
            bool any = false;
            for (const Accepted& one : shown) {
                if (one.similarity < threshold) continue;
                any = true;
                const double above = (one.similarity - middle) / steepness;
                cost += std::log1p(std::exp(one.right ? -above : above));
            }
            if (!any || cost >= best_cost) continue;
            best_cost = cost;
            best = {middle, steepness};
        }
    }
    return best;
}

}  // namespace

Reliability reliabilityOf(std::span<const Accepted> shown, double threshold, double steepness) {
    return reliabilityAlong(shown, threshold, {threshold, steepness});
}

double likeliestSteepness(std::span<const Accepted> shown, double threshold) {
    return likeliestCurve(shown, threshold, {&threshold, 1}).steepness;
}

double heldOutError(std::span<const Accepted> shown, double threshold) {
    std::vector<Accepted> counted;
    std::ranges::copy_if(shown, std::back_inserter(counted),
                         [&](const Accepted& one) { return one.similarity >= threshold; });
    if (counted.size() < 2) return 0;
    std::vector<double> middles;
    for (double apart = -0.4; apart <= 0.4; apart += 0.02)
        middles.push_back(threshold + apart);
    const auto first = std::span(counted).first(counted.size() / 2);
    const auto second = std::span(counted).subspan(first.size());
    return (reliabilityAlong(second, threshold, likeliestCurve(first, threshold, middles)).error +
            reliabilityAlong(first, threshold, likeliestCurve(second, threshold, middles)).error) /
           2;
}

}  // namespace overfeat::evaluate
