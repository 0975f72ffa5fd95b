// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/reliability.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/core/taught_classes.h"

namespace overfeat::evaluate {

Reliability reliabilityOf(std::span<const Accepted> shown, double threshold, double steepness) {
    struct Bin {
        double scores = 0;
        double right = 0;
        double count = 0;
    };
    std::array<Bin, 10> bins{};
    Reliability result;
    for (const Accepted& one : shown) {
        if (one.similarity < threshold) continue;
        const double score = scoreOfSimilarity(one.similarity, threshold, steepness);
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

double likeliestSteepness(std::span<const Accepted> shown, double threshold) {
    double best = 0;
    double best_cost = std::numeric_limits<double>::infinity();
    for (double steepness = 0.005; steepness <= 0.5; steepness *= 1.1) {
        double cost = 0;
        bool any = false;
        for (const Accepted& one : shown) {
            if (one.similarity < threshold) continue;
            any = true;
            const double above = (one.similarity - threshold) / steepness;
            cost += std::log1p(std::exp(one.right ? -above : above));
        }
        if (any && cost < best_cost) {
            best_cost = cost;
            best = steepness;
        }
    }
    return best;
}

}  // namespace overfeat::evaluate
