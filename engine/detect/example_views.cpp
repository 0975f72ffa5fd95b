// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/example_views.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>

namespace overfeat::detect {
namespace {

// Along one direction: which part of the picture is shown, and where in the square it goes.
struct Stretch {
    int from = 0;
    int length = 1;
    int shown = 1;
    int offset = 0;

    double inSquare(double position) const { return offset + (position - from) * shown / length; }
};

Stretch stretchOf(int picture, double centre, double scale, int square) {
    Stretch part;
    const double wanted = square / scale;
    if (wanted >= picture) {
        // All of it; the object goes to the middle as far as nothing is cut off.
        part.length = picture;
        part.shown = std::clamp(static_cast<int>(std::lround(picture * scale)), 1, square);
        const double offset = square / 2.0 - centre * scale;
        part.offset = std::clamp(static_cast<int>(std::lround(offset)), 0, square - part.shown);
    } else {
        part.length = std::clamp(static_cast<int>(std::lround(wanted)), 1, picture);
        part.from = std::clamp(static_cast<int>(std::lround(centre - wanted / 2)), 0,
                               picture - part.length);
        part.shown = square;
    }
    return part;
}

}  // namespace

std::vector<ExampleView> exampleViews(SizePx picture, const RectPx& box, int square_px,
                                      double cell_px) {
    std::vector<ExampleView> views;
    for (const double side : kExampleSides) {
        const double longest = std::max({box.width, box.height, 1.0});
        const double scale = side * cell_px / longest;
        if (scale > kExampleEnlargement && !views.empty()) break;
        const Stretch x = stretchOf(picture.width, box.centre().x, scale, square_px);
        const Stretch y = stretchOf(picture.height, box.centre().y, scale, square_px);
        const double left = x.inSquare(box.x);
        const double top = y.inSquare(box.y);
        views.push_back(
            {.part = {x.from, y.from, {x.length, y.length}},
             .size = {x.shown, y.shown},
             .offset = {static_cast<double>(x.offset), static_cast<double>(y.offset)},
             .box = {left, top, x.inSquare(box.right()) - left, y.inSquare(box.bottom()) - top}});
    }
    return views;
}

std::size_t uprightRows(const ExampleEmbedding& example) noexcept {
    const std::size_t row = example.size.row(example.grid());
    const std::size_t all = row == 0 ? 0 : example.rows.size() / row;
    return all > std::size(kExampleTurns) ? all - std::size(kExampleTurns) : all;
}

double degreesOf(const ExampleEmbedding& example, std::size_t row) noexcept {
    const std::size_t upright = uprightRows(example);
    const bool turned = row >= upright && row < upright + std::size(kExampleTurns);
    return turned ? kExampleTurns[row - upright] : 0;
}

RectPx turnedBox(const RectPx& box, double degrees) noexcept {
    const double angle = degrees * std::numbers::pi / 180;
    const double across = std::abs(std::cos(angle));
    const double along = std::abs(std::sin(angle));
    const double rectangle =
        (box.width * across + box.height * along) * (box.width * along + box.height * across);
    const double ellipse = std::hypot(box.width * across, box.height * along) *
                           std::hypot(box.width * along, box.height * across);
    const double scale = std::sqrt((rectangle + ellipse) / 2 / box.area());
    const double width = box.width * scale;
    const double height = box.height * scale;
    return {box.centre().x - width / 2, box.centre().y - height / 2, width, height};
}

RectPx turnedBounds(const RectPx& found, double aspect, double degrees) noexcept {
    if (degrees == 0) return found;
    const double scale = std::sqrt(found.area() / turnedBox({0, 0, 1, aspect}, degrees).area());
    const double angle = degrees * std::numbers::pi / 180;
    const double across = std::abs(std::cos(angle));
    const double along = std::abs(std::sin(angle));
    const double width = scale * (across + aspect * along);
    const double height = scale * (along + aspect * across);
    return {found.centre().x - width / 2, found.centre().y - height / 2, width, height};
}

ExampleView windowView(SizePx picture, const RectPx& box, int window_px, double factor) {
    const int most = std::min(picture.width, picture.height);
    const double wanted = factor * std::max(box.width, box.height);
    const int side = std::clamp(static_cast<int>(std::lround(wanted)), 1, most);
    const auto from = [&](double centre, int length) {
        return std::clamp(static_cast<int>(std::lround(centre - side / 2.0)), 0, length - side);
    };
    const PixelRect part{
        from(box.centre().x, picture.width), from(box.centre().y, picture.height), {side, side}};
    const double scale = static_cast<double>(window_px) / side;
    return {.part = part,
            .size = {window_px, window_px},
            .offset = {},
            .box = {(box.x - part.x) * scale, (box.y - part.y) * scale, box.width * scale,
                    box.height * scale}};
}

}  // namespace overfeat::detect
