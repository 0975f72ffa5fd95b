// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/turned_example.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace overfeat::evaluate {
namespace {

// So much larger than the box is what is kept, as of a capture (app/teach).
constexpr double kSurroundings = 2.3;

}  // namespace

Example turned(const Image& picture, const RectPx& box, double degrees) {
    const double angle = degrees * std::numbers::pi / 180;
    const double cosine = std::cos(angle);
    const double sine = std::sin(angle);
    const double width = std::abs(box.width * cosine) + std::abs(box.height * sine);
    const double height = std::abs(box.width * sine) + std::abs(box.height * cosine);
    const SizePx size{std::max(1, static_cast<int>(std::lround(width * kSurroundings))),
                      std::max(1, static_cast<int>(std::lround(height * kSurroundings)))};
    Example example{.image = Image(size),
                    .box = {(size.width - width) / 2, (size.height - height) / 2, width, height}};
    const PointPx centre = box.centre();
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const double right = x + 0.5 - size.width / 2.0;
            const double down = y + 0.5 - size.height / 2.0;
            const double from_x = centre.x + right * cosine + down * sine - 0.5;
            const double from_y = centre.y + down * cosine - right * sine - 0.5;
            const double inside_x = std::clamp(from_x, 0.0, picture.width() - 1.0);
            const double inside_y = std::clamp(from_y, 0.0, picture.height() - 1.0);
            const int left = std::clamp(static_cast<int>(inside_x), 0, picture.width() - 1);
            const int top = std::clamp(static_cast<int>(inside_y), 0, picture.height() - 1);
            const int next_x = std::min(left + 1, picture.width() - 1);
            const int next_y = std::min(top + 1, picture.height() - 1);
            for (int c = 0; c < 3; ++c) {
                const auto mixed = [&](int row) {
                    const std::uint8_t* at = picture.row(row);
                    return std::lerp(static_cast<double>(at[3 * left + c]),
                                     static_cast<double>(at[3 * next_x + c]), inside_x - left);
                };
                example.image.row(y)[3 * x + c] = static_cast<std::uint8_t>(
                    std::lround(std::lerp(mixed(top), mixed(next_y), inside_y - top)));
            }
        }
    }
    return example;
}

}  // namespace overfeat::evaluate
