// SPDX-License-Identifier: Apache-2.0
#include "engine/core/class_colour.h"

#include <cmath>

namespace overfeat {

SrgbColour classColourOf(std::size_t class_index) noexcept {
    // Turning the hue by the golden angle keeps any run of indices apart; every other index is a
    // little darker, so that two close hues still differ.
    constexpr double kGoldenAngleDeg = 137.50776405003785;
    constexpr double kFirstHueDeg = 250;
    const double hue =
        std::fmod(kFirstHueDeg + kGoldenAngleDeg * static_cast<double>(class_index), 360.0);
    return srgbFromOkLch(class_index % 2 == 0 ? 0.61 : 0.58, 0.14, hue);
}

}  // namespace overfeat
