// SPDX-License-Identifier: Apache-2.0
#include "engine/core/taught_classes.h"

#include <algorithm>
#include <cmath>

namespace overfeat {
namespace {

constexpr double kSteepness = 0.05;

}  // namespace

float scoreOfSimilarity(double similarity, double threshold) noexcept {
    return static_cast<float>(1 / (1 + std::exp((threshold - similarity) / kSteepness)));
}

double similarityOfScore(float score, double threshold) noexcept {
    const double inside = std::clamp(static_cast<double>(score), 1e-9, 1 - 1e-7);
    return threshold + kSteepness * std::log(inside / (1 - inside));
}

PartGrid partGridFor(double width, double height) noexcept {
    const double aspect = height / width;
    if (aspect >= 2.2) return {2, 4};
    if (aspect >= 1.3) return {2, 3};
    if (aspect > 1 / 1.3) return {3, 3};
    if (aspect > 1 / 2.2) return {3, 2};
    return {4, 2};
}

}  // namespace overfeat
