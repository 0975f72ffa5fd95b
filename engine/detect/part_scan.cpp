// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/part_scan.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/detect/vector_sums.h"
#include "engine/detect/vectorised.h"

namespace overfeat::detect {
namespace {

PartEdge between(double position, int count) noexcept {
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

// Half of the lanes of a block, or a group of the channels of a place: as much as one register of
// most processors holds. Of larger vectors GCC makes copies in memory where registers are smaller.
constexpr std::size_t kHalf = 8;
using Half = float __attribute__((vector_size(kHalf * sizeof(float))));
constexpr std::size_t kGroups = kScanChannels / kHalf;
static_assert(kScanChannels % kHalf == 0 && TemplateBank::kLanes == 2 * kHalf);

void load(const float* from, Half& to) noexcept {
    std::memcpy(&to, from, sizeof(Half));
}
void store(const Half& from, float* to) noexcept {
    std::memcpy(to, &from, sizeof(Half));
}

constexpr auto kLeastArea = static_cast<float>(SummedMap::kLeastArea);

// The sums of four vectors' numbers: halves are added to halves, and pairs to pairs.
void sumsOf(const Half (&of)[4], float* sums) noexcept {
    Half fours[2];
    for (std::size_t i = 0; i < 2; ++i) {
        const Half& a = of[2 * i];
        const Half& b = of[2 * i + 1];
        fours[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
                   __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
    }
    const Half twos = __builtin_shufflevector(fours[0], fours[1], 0, 2, 8, 10, 4, 6, 12, 14) +
                      __builtin_shufflevector(fours[0], fours[1], 1, 3, 9, 11, 5, 7, 13, 15);
    for (std::size_t i = 0; i < 4; ++i) {
        constexpr std::size_t kFirstOf[] = {0, 4, 2, 6};
        sums[i] = twos[kFirstOf[i]] + twos[kFirstOf[i] + 1];
    }
}

// A row of parts, each of unit length divided by the root of how many a box has: differences of the
// table's values at their corners. `above` is at their upper edges and becomes what is at the lower
// ones.
OVERFEAT_VECTORISED
void cutRow(const float* line, std::span<const PartEdge> edges, std::span<const float> inside_x,
            float inside_y, float whole, float* above, float* to) {
    constexpr std::size_t kAtOnce = 4;
    Half left[kGroups] = {};
    Half squares[kAtOnce] = {};
    float scales[kAtOnce];
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const std::size_t part = i - 1;  // whose right edge this is
        Half square = {};
        for (std::size_t group = 0; group < kGroups; ++group) {
            const float* corner = line + edges[i].below * kScanChannels + group * kHalf;
            float* before = above + i * kScanChannels + group * kHalf;
            Half here;
            Half next;
            Half up;
            load(corner, here);
            load(corner + kScanChannels, next);
            load(before, up);
            here += (next - here) * edges[i].share;
            store(here, before);
            const Half column = here - up;
            const Half between = column - left[group];
            left[group] = column;
            square += between * between;
            if (i > 0) store(between, to + part * kScanChannels + group * kHalf);
        }
        if (i == 0) continue;
        squares[part % kAtOnce] = square;
        if (part % kAtOnce < kAtOnce - 1 && i + 1 < edges.size()) continue;
        const std::size_t first = part - part % kAtOnce;
        sumsOf(squares, scales);
        for (std::size_t p = 0; p < kAtOnce; ++p)
            scales[p] = scales[p] > kNothing * kNothing ? whole / std::sqrt(scales[p]) : 0;
        for (std::size_t p = first; p <= part; ++p) {
            const bool there = inside_x[p] * inside_y > kLeastArea;
            const float scale = there ? scales[p - first] : 0;
            for (std::size_t c = 0; c < kScanChannels; ++c)
                to[p * kScanChannels + c] *= scale;
        }
    }
}

// The rows of parts that a row of places has: each begins `line` numbers behind the one before.
struct PlaceRow {
    const float* parts;
    std::size_t line;
    std::size_t rows;   // of a place
    std::size_t width;  // of a place's row
    std::size_t step;   // from place to place
};

// So many places with the first half of the lanes of a block at once, or with both.
template <std::size_t kPlaces, std::size_t kHalves>
inline void compareSome(const PlaceRow& row, std::size_t first_place, const float* templates,
                        float* to) {
    Half sums[kPlaces][kHalves] = {};
    for (std::size_t j = 0; j < row.rows; ++j) {
        const float* parts = row.parts + j * row.line + first_place * row.step;
        for (std::size_t k = 0; k < row.width; ++k, templates += TemplateBank::kLanes) {
            Half wanted[kHalves];
            for (std::size_t half = 0; half < kHalves; ++half)
                load(templates + half * kHalf, wanted[half]);
            for (std::size_t i = 0; i < kPlaces; ++i) {
                const float value = parts[i * row.step + k];
                for (std::size_t half = 0; half < kHalves; ++half)
                    sums[i][half] += wanted[half] * value;
            }
        }
    }
    for (std::size_t i = 0; i < kPlaces; ++i) {
        for (std::size_t half = 0; half < 2; ++half) {
            store(half < kHalves ? sums[i][half % kHalves] : Half{},
                  to + i * TemplateBank::kLanes + half * kHalf);
        }
    }
}

template <std::size_t kPlaces, std::size_t kHalves>
inline void compareAll(const PlaceRow& row, std::size_t count, const float* templates, float* to) {
    if (count < kPlaces) {
        for (std::size_t i = 0; i < count; ++i)
            compareSome<1, kHalves>(row, i, templates, to + i * TemplateBank::kLanes);
        return;
    }
    for (std::size_t first = 0; first < count; first += kPlaces) {
        // The last ones come with some of those before them: alone, each sum would wait for itself.
        const std::size_t at = std::min(first, count - kPlaces);
        compareSome<kPlaces, kHalves>(row, at, templates, to + at * TemplateBank::kLanes);
    }
}

// [place][lane] from places and [depth][lane]. So many at once that sums, templates and a place's
// number fit into sixteen registers, and that no sum waits for itself.
OVERFEAT_VECTORISED
void compare(const PlaceRow& row, std::size_t count, const float* templates, bool half_used,
             float* to) {
    if (half_used) return compareAll<8, 1>(row, count, templates, to);
    compareAll<6, 2>(row, count, templates, to);
}

// Places of a box of `side` cells along one direction of `cells`.
struct Row {
    double first;
    double step;
    int count;
    int parts;  // a step
};

Row placesAlong(int cells, double side, int parts) noexcept {
    const double part = side / parts;
    const double wanted = std::max(1.0, side / kStepsPerSide);
    const int parts_per_step = std::max(1, static_cast<int>(std::lround(wanted / part)));
    const double step = parts_per_step * part;
    const double over = kOverEdge * side;
    const double first = -std::floor(over / step) * step;
    const double last = cells - side + over;
    const int count = last < first ? 0 : static_cast<int>((last - first) / step + 1e-6) + 1;
    return {first, step, count, parts_per_step};
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

Lattice latticeOf(SizePx cells, double width, double height, const PartGrid& grid) noexcept {
    const Row x = placesAlong(cells.width, width, grid.across);
    const Row y = placesAlong(cells.height, height, grid.down);
    return {.places = {x.count, y.count},
            .first_x = x.first,
            .first_y = y.first,
            .step_x = x.step,
            .step_y = y.step,
            .width = width,
            .height = height,
            .parts_x = x.parts,
            .parts_y = y.parts};
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
        const float length = std::sqrt(dotOf(part, part));
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
    if (lattice.places.empty()) {
        similarity.clear();
        return;
    }
    const SizePx cells = map.cells();
    const std::size_t line = (static_cast<std::size_t>(cells.width) + 1) * kScanChannels;
    const auto columns = static_cast<std::size_t>(lattice.places.width);
    const auto rows = static_cast<std::size_t>(lattice.places.height);
    const auto across = (columns - 1) * static_cast<std::size_t>(lattice.parts_x) +
                        static_cast<std::size_t>(grid.across);
    const auto down = (rows - 1) * static_cast<std::size_t>(lattice.parts_y) +
                      static_cast<std::size_t>(grid.down);
    edges_.clear();
    inside_.clear();
    const double width = lattice.width / grid.across;
    const double height = lattice.height / grid.down;
    for (std::size_t i = 0; i <= across; ++i) {
        const double left = lattice.first_x + static_cast<double>(i) * width;
        edges_.push_back(between(left, cells.width));
        inside_.push_back(static_cast<float>(inside(left, left + width, cells.width)));
    }
    const float whole = 1 / std::sqrt(static_cast<float>(grid.count()));
    line_.resize(line);
    above_.assign((across + 1) * kScanChannels, 0);
    parts_.resize((down + 1) * across * kScanChannels);
    // The first row of parts lies above its first edge and is only there for its lower one.
    for (std::size_t j = 0; j <= down; ++j) {
        const double bottom = lattice.first_y + static_cast<double>(j) * height;
        const PartEdge edge = between(bottom, cells.height);
        mix(map.row(edge.below), map.row(edge.below + 1), edge.share, line, line_.data());
        cutRow(line_.data(), edges_, inside_,
               static_cast<float>(inside(bottom - height, bottom, cells.height)), whole,
               above_.data(), parts_.data() + j * across * kScanChannels);
    }
    similarity.resize(bank.blocks() * rows * columns * TemplateBank::kLanes);
    const auto step = static_cast<std::size_t>(lattice.parts_x) * kScanChannels;
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t first = 1 + row * static_cast<std::size_t>(lattice.parts_y);
        const PlaceRow places{.parts = parts_.data() + first * across * kScanChannels,
                              .line = across * kScanChannels,
                              .rows = static_cast<std::size_t>(grid.down),
                              .width = static_cast<std::size_t>(grid.across) * kScanChannels,
                              .step = step};
        for (std::size_t block = 0; block < bank.blocks(); ++block) {
            compare(places, columns, bank.block(block),
                    bank.count() <= block * TemplateBank::kLanes + kHalf,
                    similarity.data() + (block * rows + row) * columns * TemplateBank::kLanes);
        }
    }
}

}  // namespace overfeat::detect
