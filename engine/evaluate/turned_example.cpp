// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/turned_example.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "engine/detect/turned_view.h"

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
    detect::showTurned(
        {picture.row(0), 3 * static_cast<std::size_t>(picture.width()), picture.size()},
        {degrees, box.centre(), {size.width / 2.0, size.height / 2.0}}, size, example.image.row(0));
    return example;
}

}  // namespace overfeat::evaluate
