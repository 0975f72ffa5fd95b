// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "engine/c/guard.h"
#include "engine/c/handles.h"

namespace overfeat::c {
namespace {

// How many bytes a pixel has, and at which of them red, green and blue are.
struct Layout {
    std::ptrdiff_t bytes;
    std::array<int, 3> rgb;
};

Layout layoutOf(std::int32_t format) {
    switch (format) {
        case OVERFEAT_RGB:
            return {3, {0, 1, 2}};
        case OVERFEAT_BGR:
            return {3, {2, 1, 0}};
        case OVERFEAT_RGBA:
            return {4, {0, 1, 2}};
        case OVERFEAT_BGRA:
            return {4, {2, 1, 0}};
        case OVERFEAT_GREY:
            return {1, {0, 0, 0}};
    }
    throw Error(ErrorCode::kUsage,
                "The picture has a format that there is none of; see "
                "overfeat_format.");
}

}  // namespace

Image imageOf(const overfeat_image* given) {
    require(given, "The picture");
    const Layout layout = layoutOf(given->format);
    if (given->width <= 0 || given->height <= 0) {
        throw Error(ErrorCode::kInput, "The picture has no pixels; choose another one.");
    }
    require(given->pixels, "The picture's pixels");
    const std::ptrdiff_t pixels = layout.bytes * given->width;
    const std::ptrdiff_t row_bytes = given->row_bytes != 0 ? given->row_bytes : pixels;
    const std::ptrdiff_t most = std::numeric_limits<std::ptrdiff_t>::max() / given->height;
    if (given->row_bytes > most || given->row_bytes < -most) {
        throw Error(ErrorCode::kUsage,
                    "The picture's rows lie further apart than there is memory; see "
                    "overfeat_image.row_bytes.");
    }
    if (std::abs(row_bytes) < pixels) {
        throw Error(ErrorCode::kUsage, "The picture's rows have fewer bytes than their pixels.");
    }
    Image image(SizePx{given->width, given->height});
    for (int y = 0; y < given->height; ++y) {
        const std::uint8_t* from = given->pixels + y * row_bytes;
        std::uint8_t* to = image.row(y);
        if (given->format == OVERFEAT_RGB) {
            std::memcpy(to, from, static_cast<std::size_t>(pixels));
            continue;
        }
        for (int x = 0; x < given->width; ++x, from += layout.bytes, to += 3) {
            for (std::size_t c = 0; c < 3; ++c)
                to[c] = from[layout.rgb[c]];
        }
    }
    return image;
}

}  // namespace overfeat::c
