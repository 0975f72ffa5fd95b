// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/part_scan.h"

#include <algorithm>
#include <cmath>

#include "engine/detect/vectorised.h"

namespace overfeat::detect {
namespace {

struct Between {
    std::size_t below;
    float share;  // of the next one
};

Between between(double position, int count) noexcept {
    const double inside = std::clamp(position, 0.0, static_cast<double>(count));
    const int below = std::clamp(static_cast<int>(inside), 0, std::max(count - 1, 0));
    return {static_cast<std::size_t>(below), static_cast<float>(inside - below)};
}

// How much of [from, to] lies in [0, most].
double inside(double from, double to, double most) noexcept {
    return std::clamp(to, 0.0, most) - std::clamp(from, 0.0, most);
}

OVERFEAT_VECTORISED
void mix(const float* a, const float* b, float share, std::size_t count, float* to) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] = a[i] + (b[i] - a[i]) * share;
}

// The sum over a rectangle from the table's values at its corners; the square of its length.
OVERFEAT_VECTORISED
float cutOut(const float* top_left, const float* top_right, const float* bottom_left,
             const float* bottom_right, std::size_t count, float* to) {
    float square = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const float value = bottom_right[i] - bottom_left[i] - top_right[i] + top_left[i];
        to[i] = value;
        square += value * value;
    }
    return square;
}

OVERFEAT_VECTORISED
float dot(const float* a, const float* b, std::size_t count) {
    float sum = 0;
    for (std::size_t i = 0; i < count; ++i)
        sum += a[i] * b[i];
    return sum;
}

// Places of a box of `side` cells along one direction of `cells`.
struct Row {
    double first;
    double step;
    int count;
};

Row placesAlong(int cells, double side) noexcept {
    const double step = std::max(1.0, std::floor(side / kStepsPerSide * 2) / 2);
    const double over = kOverEdge * side;
    const double first = -std::floor(over / step) * step;
    const double last = cells - side + over;
    return {first, step, last < first ? 0 : static_cast<int>((last - first) / step + 1e-6) + 1};
}

constexpr float kNothing = 1e-6F;

}  // namespace

RectPx FeatureMap::toCells(const RectPx& in_frame) const noexcept {
    return {(in_frame.x - first_px.x) / step_x_px + 0.5,
            (in_frame.y - first_px.y) / step_y_px + 0.5, in_frame.width / step_x_px,
            in_frame.height / step_y_px};
}

RectPx FeatureMap::toFrame(const RectPx& in_cells) const noexcept {
    return {(in_cells.x - 0.5) * step_x_px + first_px.x,
            (in_cells.y - 0.5) * step_y_px + first_px.y, in_cells.width * step_x_px,
            in_cells.height * step_y_px};
}

float dotOf(std::span<const float> a, std::span<const float> b) noexcept {
    return dot(a.data(), b.data(), a.size());
}

void makeUnit(std::span<float> values) noexcept {
    const float length = std::sqrt(dot(values.data(), values.data(), values.size()));
    if (length < kNothing) return;
    for (float& value : values)
        value /= length;
}

Lattice latticeOf(SizePx cells, double width, double height) noexcept {
    const Row x = placesAlong(cells.width, width);
    const Row y = placesAlong(cells.height, height);
    return {.places = {x.count, y.count},
            .first_x = x.first,
            .first_y = y.first,
            .step_x = x.step,
            .step_y = y.step,
            .width = width,
            .height = height};
}

void partsOf(const SummedMap& map, const RectPx& cells, const PartGrid& grid,
             std::span<float> parts) {
    const std::size_t channels = map.channels();
    const double width = cells.width / grid.across;
    const double height = cells.height / grid.down;
    const float whole = std::sqrt(static_cast<float>(grid.count()));
    for (std::size_t p = 0; p < grid.count(); ++p) {
        const std::size_t line = p / static_cast<std::size_t>(grid.across);
        const auto across = static_cast<double>(p % static_cast<std::size_t>(grid.across));
        const auto down = static_cast<double>(line);
        const auto part = parts.subspan(p * channels, channels);
        std::ranges::fill(part, 0.0F);
        if (!map.mean({cells.x + across * width, cells.y + down * height, width, height}, part))
            continue;
        const float length = std::sqrt(dot(part.data(), part.data(), channels));
        if (length < kNothing) continue;
        for (float& value : part)
            value /= length * whole;
    }
}

void PartScan::run(const SummedMap& map, const Lattice& lattice, const PartGrid& grid,
                   std::span<const float> templates, std::vector<float>& similarity) {
    const std::size_t channels = map.channels();
    const auto across = static_cast<std::size_t>(grid.across);
    const auto down = static_cast<std::size_t>(grid.down);
    const std::size_t line = (static_cast<std::size_t>(map.cells().width) + 1) * channels;
    const std::size_t corners = (across + 1) * channels;
    const std::size_t row_floats = grid.count() * channels;
    const std::size_t count = templates.size() / row_floats;
    const auto columns = static_cast<std::size_t>(lattice.places.width);
    const std::size_t places = columns * static_cast<std::size_t>(lattice.places.height);
    const float whole = 1 / std::sqrt(static_cast<float>(grid.count()));
    similarity.assign(count * places, 0);
    lines_.resize((down + 1) * line);
    corners_.resize((down + 1) * corners);
    part_.resize(channels);
    const double lines = map.cells().height;
    const double breadth = map.cells().width;
    for (int row = 0; row < lattice.places.height; ++row) {
        const double top = lattice.first_y + row * lattice.step_y;
        const auto edgeY = [&](std::size_t j) {
            return top + static_cast<double>(j) * lattice.height / grid.down;
        };
        for (std::size_t j = 0; j <= down; ++j) {
            const Between at = between(edgeY(j), map.cells().height);
            mix(map.row(at.below), map.row(at.below + 1), at.share, line, lines_.data() + j * line);
        }
        for (std::size_t column = 0; column < columns; ++column) {
            const double left_edge = lattice.first_x + static_cast<double>(column) * lattice.step_x;
            const auto edgeX = [&](std::size_t i) {
                return left_edge + static_cast<double>(i) * lattice.width / grid.across;
            };
            for (std::size_t i = 0; i <= across; ++i) {
                const Between at = between(edgeX(i), map.cells().width);
                for (std::size_t j = 0; j <= down; ++j) {
                    const float* left = lines_.data() + j * line + at.below * channels;
                    mix(left, left + channels, at.share, channels,
                        corners_.data() + j * corners + i * channels);
                }
            }
            float* answer = similarity.data() + static_cast<std::size_t>(row) * columns + column;
            for (std::size_t p = 0; p < grid.count(); ++p) {
                const std::size_t i = p % across;
                const std::size_t j = p / across;
                const double area =
                    inside(edgeX(i), edgeX(i + 1), breadth) * inside(edgeY(j), edgeY(j + 1), lines);
                if (!(area > SummedMap::kLeastArea)) continue;
                const float* corner = corners_.data() + j * corners + i * channels;
                const float length =
                    std::sqrt(cutOut(corner, corner + channels, corner + corners,
                                     corner + corners + channels, channels, part_.data()));
                if (length < kNothing) continue;
                const float scale = whole / length;
                for (std::size_t t = 0; t < count; ++t) {
                    answer[t * places] +=
                        scale * dot(part_.data(), templates.data() + t * row_floats + p * channels,
                                    channels);
                }
            }
        }
    }
}

}  // namespace overfeat::detect
