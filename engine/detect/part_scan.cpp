// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/part_scan.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/detect/vectorised.h"

namespace overfeat::detect {
namespace {

PartEdges::Place between(double position, int count) noexcept {
    const double inside = std::clamp(position, 0.0, static_cast<double>(count));
    const int below = std::clamp(static_cast<int>(inside), 0, std::max(count - 1, 0));
    return {static_cast<std::size_t>(below), static_cast<float>(inside - below)};
}

// How much of [from, to] lies in [0, most].
double inside(double from, double to, double most) noexcept {
    return std::clamp(to, 0.0, most) - std::clamp(from, 0.0, most);
}

constexpr float kNothing = 1e-6F;

OVERFEAT_VECTORISED
void mix(const float* a, const float* b, float share, std::size_t count, float* to) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] = a[i] + (b[i] - a[i]) * share;
}

OVERFEAT_VECTORISED
float dot(const float* a, const float* b, std::size_t count) {
    float sum = 0;
    for (std::size_t i = 0; i < count; ++i)
        sum += a[i] * b[i];
    return sum;
}

// The channels of a place, or the lanes of a block, in as few registers as there are.
static_assert(kScanChannels == TemplateBank::kLanes);
using Vector = float __attribute__((vector_size(kScanChannels * sizeof(float))));

void load(const float* from, Vector& to) noexcept {
    std::memcpy(&to, from, sizeof(Vector));
}
void store(const Vector& from, float* to) noexcept {
    std::memcpy(to, &from, sizeof(Vector));
}

// The parts of a place, of unit length together, from the table's lines at the parts' upper and
// lower edges: differences of its values at their corners.
OVERFEAT_VECTORISED
void cutOut(const float* lines, std::size_t line, const PartEdges& x, const PartEdges& y,
            const PartGrid& grid, float* to) {
    const auto across = static_cast<std::size_t>(grid.across);
    const auto down = static_cast<std::size_t>(grid.down);
    const float whole = 1 / std::sqrt(static_cast<float>(grid.count()));
    Vector above[PartEdges::kMost + 1];
    Vector below[PartEdges::kMost + 1];
    for (std::size_t j = 0; j <= down; ++j) {
        for (std::size_t i = 0; i <= across; ++i) {
            const float* left = lines + j * line + x.at[i].below * kScanChannels;
            Vector a;
            Vector b;
            load(left, a);
            load(left + kScanChannels, b);
            below[i] = a + (b - a) * x.at[i].share;
        }
        for (std::size_t i = 0; j > 0 && i < across; ++i, to += kScanChannels) {
            Vector part = (below[i + 1] - below[i]) - (above[i + 1] - above[i]);
            const Vector squares = part * part;
            float square = 0;
            for (std::size_t c = 0; c < kScanChannels; ++c)
                square += squares[c];
            const float length = std::sqrt(square);
            const bool there =
                x.inside[i] * y.inside[j - 1] > SummedMap::kLeastArea && length > kNothing;
            part *= there ? whole / length : 0.0F;
            store(part, to);
        }
        for (std::size_t i = 0; i <= across; ++i)
            above[i] = below[i];
    }
}

// [place][lane] from [place][depth] and [depth][lane].
OVERFEAT_VECTORISED
void compare(const float* places, std::size_t count, std::size_t depth, const float* templates,
             float* to) {
    constexpr std::size_t kAtOnce = 4;
    std::size_t first = 0;
    for (; first + kAtOnce <= count; first += kAtOnce) {
        const float* place = places + first * depth;
        Vector sums[kAtOnce] = {};
        for (std::size_t k = 0; k < depth; ++k) {
            Vector lanes;
            load(templates + k * TemplateBank::kLanes, lanes);
            for (std::size_t i = 0; i < kAtOnce; ++i)
                sums[i] += lanes * place[i * depth + k];
        }
        for (std::size_t i = 0; i < kAtOnce; ++i)
            store(sums[i], to + (first + i) * TemplateBank::kLanes);
    }
    for (; first < count; ++first) {
        Vector sum = {};
        for (std::size_t k = 0; k < depth; ++k) {
            Vector lanes;
            load(templates + k * TemplateBank::kLanes, lanes);
            sum += lanes * places[first * depth + k];
        }
        store(sum, to + first * TemplateBank::kLanes);
    }
}

// Places of a box of `side` cells along one direction of `cells`.
struct Row {
    double first;
    double step;
    int count;
};

Row placesAlong(int cells, double side) noexcept {
    const double step = std::max(1.0, side / kStepsPerSide);
    const double over = kOverEdge * side;
    const double first = -std::floor(over / step) * step;
    const double last = cells - side + over;
    return {first, step, last < first ? 0 : static_cast<int>((last - first) / step + 1e-6) + 1};
}

// The edges of the parts of a box from `from` on, along one direction of `cells`.
PartEdges edgesOf(double from, double side, int parts, int cells) noexcept {
    PartEdges edges{};
    double last = from;
    for (int i = 0; i <= parts; ++i) {
        const double edge = from + i * side / parts;
        const auto at = static_cast<std::size_t>(i);
        edges.at[at] = between(edge, cells);
        if (i > 0) edges.inside[at - 1] = inside(last, edge, cells);
        last = edge;
    }
    return edges;
}

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

void TemplateBank::add(std::span<const float> parts) {
    depth_ = parts.size();
    if (count_ % kLanes == 0) values_.resize(values_.size() + depth_ * kLanes);
    float* to = values_.data() + (count_ / kLanes) * depth_ * kLanes + count_ % kLanes;
    for (std::size_t k = 0; k < depth_; ++k)
        to[k * kLanes] = parts[k];
    ++count_;
}

void PartScan::run(const SummedMap& map, const Lattice& lattice, const PartGrid& grid,
                   const TemplateBank& bank, std::vector<float>& similarity) {
    const auto down = static_cast<std::size_t>(grid.down);
    const SizePx cells = map.cells();
    const std::size_t line = (static_cast<std::size_t>(cells.width) + 1) * kScanChannels;
    const std::size_t depth = grid.count() * kScanChannels;
    const auto columns = static_cast<std::size_t>(lattice.places.width);
    const std::size_t places = columns * static_cast<std::size_t>(lattice.places.height);
    similarity.resize(bank.blocks() * places * TemplateBank::kLanes);
    lines_.resize((down + 1) * line);
    places_.resize(columns * depth);
    columns_.clear();
    for (std::size_t column = 0; column < columns; ++column) {
        const double left = lattice.first_x + static_cast<double>(column) * lattice.step_x;
        columns_.push_back(edgesOf(left, lattice.width, grid.across, cells.width));
    }
    for (int row = 0; row < lattice.places.height; ++row) {
        const double top = lattice.first_y + row * lattice.step_y;
        const PartEdges y = edgesOf(top, lattice.height, grid.down, cells.height);
        for (std::size_t j = 0; j <= down; ++j) {
            mix(map.row(y.at[j].below), map.row(y.at[j].below + 1), y.at[j].share, line,
                lines_.data() + j * line);
        }
        for (std::size_t column = 0; column < columns; ++column)
            cutOut(lines_.data(), line, columns_[column], y, grid, places_.data() + column * depth);
        for (std::size_t block = 0; block < bank.blocks(); ++block) {
            const std::size_t first = block * places + static_cast<std::size_t>(row) * columns;
            compare(places_.data(), columns, depth, bank.block(block),
                    similarity.data() + first * TemplateBank::kLanes);
        }
    }
}

}  // namespace overfeat::detect
