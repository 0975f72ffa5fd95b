// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/core/image.h"

namespace overfeat::test {

struct Rgb {
    int r = 0;
    int g = 0;
    int b = 0;
    bool operator==(const Rgb&) const = default;
};

// A picture whose pixel (x, y) is colourAt(x, y).
template <class ColourAt>
Image painted(SizePx size, ColourAt colourAt) {
    Image image(size);
    for (int y = 0; y < size.height; ++y) {
        std::uint8_t* row = image.row(y);
        for (int x = 0; x < size.width; ++x) {
            const Rgb colour = colourAt(x, y);
            *row++ = static_cast<std::uint8_t>(colour.r);
            *row++ = static_cast<std::uint8_t>(colour.g);
            *row++ = static_cast<std::uint8_t>(colour.b);
        }
    }
    return image;
}

inline Image plain(SizePx size, Rgb colour) {
    return painted(size, [colour](int, int) { return colour; });
}

}  // namespace overfeat::test
