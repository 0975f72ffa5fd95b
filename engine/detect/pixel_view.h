// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/core/geometry.h"

namespace overfeat::detect {

// A part of a picture, in whole pixels.
struct PixelRect {
    int x = 0;
    int y = 0;
    SizePx size;
    bool operator==(const PixelRect&) const = default;
};

// Somebody else's RGB pixels.
struct PixelView {
    const std::uint8_t* rgb = nullptr;
    std::size_t row_bytes = 0;
    SizePx size;
};

}  // namespace overfeat::detect
