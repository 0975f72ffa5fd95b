// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/turned_view.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace overfeat::detect {
namespace {

// Where something lies between two neighbouring pixels, by bytes from the first one.
struct Between {
    std::size_t first;
    std::size_t second;
    double share;
};

Between between(double position, int count, std::size_t bytes) {
    const double inside = std::clamp(position, 0.0, count - 1.0);
    const auto first = static_cast<int>(inside);
    return {static_cast<std::size_t>(first) * bytes,
            static_cast<std::size_t>(std::min(first + 1, count - 1)) * bytes, inside - first};
}

}  // namespace

void showTurned(const PixelView& picture, const Turn& turn, SizePx size, std::uint8_t* rgb) {
    const double angle = turn.degrees * std::numbers::pi / 180;
    const double cosine = std::cos(angle);
    const double sine = std::sin(angle);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const double right = x + 0.5 - turn.to.x;
            const double down = y + 0.5 - turn.to.y;
            const Between column =
                between(turn.from.x + right * cosine + down * sine - 0.5, picture.size.width, 3);
            const Between row = between(turn.from.y + down * cosine - right * sine - 0.5,
                                        picture.size.height, picture.row_bytes);
            for (std::size_t c = 0; c < 3; ++c) {
                const auto along = [&](std::size_t line) {
                    const std::uint8_t* at = picture.rgb + line + c;
                    return std::lerp(static_cast<double>(at[column.first]),
                                     static_cast<double>(at[column.second]), column.share);
                };
                *rgb++ = static_cast<std::uint8_t>(
                    std::lround(std::lerp(along(row.first), along(row.second), row.share)));
            }
        }
    }
}

}  // namespace overfeat::detect
