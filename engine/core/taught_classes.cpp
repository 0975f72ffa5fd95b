// SPDX-License-Identifier: Apache-2.0
#include "engine/core/taught_classes.h"

#include <algorithm>
#include <cmath>

namespace overfeat {

float scoreOfSimilarity(double similarity, double threshold, double steepness) noexcept {
    return static_cast<float>(1 / (1 + std::exp((threshold - similarity) / steepness)));
}

double similarityOfScore(float score, double threshold) noexcept {
    const double inside = std::clamp(static_cast<double>(score), 1e-9, 1 - 1e-7);
    return threshold + kScoreSteepness * std::log(inside / (1 - inside));
}

PartGrid partGridFor(double width, double height) noexcept {
    const double aspect = height / width;
    if (aspect >= 2.2) return {3, 6};
    if (aspect >= 1.3) return {3, 4};
    if (aspect > 1 / 1.3) return {4, 4};
    if (aspect > 1 / 2.2) return {4, 3};
    return {6, 3};
}

}  // namespace overfeat
