// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/alike.h"

#include <algorithm>

#include "engine/detect/vector_sums.h"

namespace overfeat::detect {

Alike mostAlike(std::span<const float> parts, std::span<const float> templates) noexcept {
    Alike most;
    std::size_t row = 0;
    for (std::size_t at = 0; at < templates.size(); at += parts.size(), ++row) {
        const float cosine = dotOf(parts, templates.subspan(at, parts.size()));
        if (cosine > most.cosine) most = {cosine, row};
    }
    return most;
}

float apartFrom(float surroundings, float like) noexcept {
    constexpr float kSurroundings = 0.5F;
    // What a box on an object has of its surroundings costs nothing.
    constexpr float kUsual = 0.25F;
    return std::min(like, like - kSurroundings * surroundings + kUsual);
}

}  // namespace overfeat::detect
