// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/part_scan.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
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

// A group of the channels of a part: as much as one register of most processors holds. Of larger
// vectors GCC makes copies in memory where registers are smaller.
constexpr std::size_t kGroup = 8;
using Group = float __attribute__((vector_size(kGroup * sizeof(float))));
constexpr std::size_t kGroups = kScanChannels / kGroup;
static_assert(kScanChannels % kGroup == 0);

void load(const float* from, Group& to) noexcept {
    std::memcpy(&to, from, sizeof(Group));
}
void store(const Group& from, float* to) noexcept {
    std::memcpy(to, &from, sizeof(Group));
}

constexpr auto kLeastArea = static_cast<float>(SummedMap::kLeastArea);

// The sums of four vectors' numbers: halves are added to halves, and pairs to pairs.
void sumsOf(const Group (&of)[4], float* sums) noexcept {
    Group fours[2];
    for (std::size_t i = 0; i < 2; ++i) {
        const Group& a = of[2 * i];
        const Group& b = of[2 * i + 1];
        fours[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
                   __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
    }
    const Group twos = __builtin_shufflevector(fours[0], fours[1], 0, 2, 8, 10, 4, 6, 12, 14) +
                       __builtin_shufflevector(fours[0], fours[1], 1, 3, 9, 11, 5, 7, 13, 15);
    for (std::size_t i = 0; i < 4; ++i) {
        constexpr std::size_t kFirstOf[] = {0, 4, 2, 6};
        sums[i] = twos[kFirstOf[i]] + twos[kFirstOf[i] + 1];
    }
}

// Rounded for the scan. What is converted is positive, where cutting off is rounding, and many at
// once are; sums of a network's largest numbers may be no number, which is the least then.
void round(const float* values, float scale, std::size_t count, std::int16_t* to) noexcept {
    constexpr int kPositive = 1 << 15;
    for (std::size_t i = 0; i < count; ++i) {
        const float shifted = values[i] * scale + (static_cast<float>(kPositive) + 0.5F);
        const float fits = std::min(std::max(0.0F, shifted), 2.0F * kPositive - 1);
        to[i] = static_cast<std::int16_t>(static_cast<std::int32_t>(fits) - kPositive);
    }
}

// A row of parts, each of unit length divided by the root of how many a box has: differences of the
// table's values at their corners. `above` is at their upper edges and becomes what is at the lower
// ones.
OVERFEAT_VECTORISED
void cutRow(const float* line, std::span<const PartEdge> edges, std::span<const float> inside_x,
            float inside_y, float whole, float* above, std::int16_t* to) {
    constexpr std::size_t kAtOnce = 4;
    float parts[kAtOnce * kScanChannels];
    Group left[kGroups] = {};
    Group squares[kAtOnce] = {};
    float scales[kAtOnce];
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const std::size_t part = i - 1;  // whose right edge this is
        Group square = {};
        for (std::size_t group = 0; group < kGroups; ++group) {
            const float* corner = line + edges[i].below * kScanChannels + group * kGroup;
            float* before = above + i * kScanChannels + group * kGroup;
            Group here;
            Group next;
            Group up;
            load(corner, here);
            load(corner + kScanChannels, next);
            load(before, up);
            here += (next - here) * edges[i].share;
            store(here, before);
            const Group column = here - up;
            const Group between = column - left[group];
            left[group] = column;
            square += between * between;
            store(between, parts + part % kAtOnce * kScanChannels + group * kGroup);
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
            round(parts + (p - first) * kScanChannels, there ? scales[p - first] : 0, kScanChannels,
                  to + p * kScanChannels);
        }
    }
}

// Rows of parts become columns of them, one behind the other.
OVERFEAT_VECTORISED
void standUp(const std::int16_t* rows, std::size_t across, std::size_t down, std::int16_t* to) {
    for (std::size_t column = 0; column < across; ++column) {
        for (std::size_t row = 0; row < down; ++row, to += kScanChannels) {
            std::memcpy(to, rows + (row * across + column) * kScanChannels,
                        kScanChannels * sizeof(std::int16_t));
        }
    }
}

// A row of places: each has its numbers side by side, and shares some with the next one.
struct PlaceRow {
    const std::int16_t* parts;
    std::size_t step;  // from place to place
    std::size_t count;
};
// Templates, and where the similarity of the first place with the first of them belongs.
struct TemplateRun {
    const std::int16_t* parts;
    std::size_t depth;
    float* to;
};

// Some templates with some places. The numbers are whole ones, of which processors multiply and
// add twice as many at once as of others; in whatever order, the sum is the same. GCC makes that
// of plain loops, and of all of these sums at once.
template <std::size_t kTemplates, std::size_t kPlaces>
inline void compareSome(const TemplateRun& templates, const PlaceRow& row, std::size_t first) {
    const std::int16_t* wanted = templates.parts;
    const std::int16_t* parts = row.parts + first * row.step;
    std::int32_t sums[kTemplates][kPlaces] = {};
    for (std::size_t k = 0; k < templates.depth; ++k) {
        for (std::size_t t = 0; t < kTemplates; ++t) {
            for (std::size_t i = 0; i < kPlaces; ++i) {
                sums[t][i] += static_cast<std::int32_t>(wanted[t * templates.depth + k]) *
                              parts[i * row.step + k];
            }
        }
    }
    constexpr float kOfOne = 1 / (TemplateBank::kOne * TemplateBank::kOne);
    for (std::size_t t = 0; t < kTemplates; ++t) {
        for (std::size_t i = 0; i < kPlaces; ++i) {
            templates.to[(first + i) * TemplateBank::kLanes + t] =
                static_cast<float>(sums[t][i]) * kOfOne;
        }
    }
}

// So many places at once that the sums, and what they are made of, fit into sixteen registers.
template <std::size_t kTemplates>
inline void compareAll(const TemplateRun& templates, const PlaceRow& row) {
    constexpr std::size_t kPlaces = 4;
    if (row.count < kPlaces) {
        for (std::size_t i = 0; i < row.count; ++i)
            compareSome<kTemplates, 1>(templates, row, i);
        return;
    }
    for (std::size_t first = 0; first < row.count; first += kPlaces) {
        // The last ones come with some of those before them.
        compareSome<kTemplates, kPlaces>(templates, row, std::min(first, row.count - kPlaces));
    }
}

// [place][lane] of a block of so many templates.
OVERFEAT_VECTORISED
void compare(const PlaceRow& row, const TemplateRun& block, std::size_t count) {
    constexpr std::size_t kAtOnce = 3;
    std::size_t t = 0;
    const auto rest = [&] {
        return TemplateRun{block.parts + t * block.depth, block.depth, block.to + t};
    };
    for (; t + kAtOnce <= count; t += kAtOnce)
        compareAll<kAtOnce>(rest(), row);
    if (count - t == 2) compareAll<2>(rest(), row);
    if (count - t == 1) compareAll<1>(rest(), row);
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

void TemplateBank::add(std::span<const float> parts, const PartGrid& grid) {
    depth_ = parts.size();
    ++count_;
    values_.resize(count_ * depth_);
    std::int16_t* to = values_.data() + (count_ - 1) * depth_;
    const auto across = static_cast<std::size_t>(grid.across);
    for (std::size_t column = 0; column < across; ++column) {
        for (std::size_t p = column; p < grid.count(); p += across, to += kScanChannels)
            round(parts.data() + p * kScanChannels, kOne, kScanChannels, to);
    }
}

void PartScan::cut(const SummedMap& map, const Lattice& lattice, const PartGrid& grid,
                   std::size_t across, std::size_t down) {
    const SizePx cells = map.cells();
    const std::size_t line = (static_cast<std::size_t>(cells.width) + 1) * kScanChannels;
    edges_.clear();
    inside_.clear();
    const double width = lattice.width / grid.across;
    const double height = lattice.height / grid.down;
    for (std::size_t i = 0; i <= across; ++i) {
        const double left = lattice.first_x + static_cast<double>(i) * width;
        edges_.push_back(between(left, cells.width));
        inside_.push_back(static_cast<float>(inside(left, left + width, cells.width)));
    }
    const float whole = TemplateBank::kOne / std::sqrt(static_cast<float>(grid.count()));
    growTo(line, line_);
    above_.assign((across + 1) * kScanChannels, 0);
    growTo((down + 1) * across * kScanChannels, parts_);
    // The first row of parts lies above its first edge and is only there for its lower one.
    for (std::size_t j = 0; j <= down; ++j) {
        const double bottom = lattice.first_y + static_cast<double>(j) * height;
        const PartEdge edge = between(bottom, cells.height);
        mix(map.row(edge.below), map.row(edge.below + 1), edge.share, line, line_.data());
        cutRow(line_.data(), edges_, inside_,
               static_cast<float>(inside(bottom - height, bottom, cells.height)), whole,
               above_.data(), parts_.data() + j * across * kScanChannels);
    }
}

void PartScan::run(const SummedMap& map, const Lattice& lattice, const PartGrid& grid,
                   const TemplateBank& bank, std::vector<float>& similarity) {
    if (lattice.places.empty()) return;
    const auto columns = static_cast<std::size_t>(lattice.places.width);
    const auto rows = static_cast<std::size_t>(lattice.places.height);
    const auto tall = static_cast<std::size_t>(grid.down);
    const auto across = (columns - 1) * static_cast<std::size_t>(lattice.parts_x) +
                        static_cast<std::size_t>(grid.across);
    cut(map, lattice, grid, across, (rows - 1) * static_cast<std::size_t>(lattice.parts_y) + tall);
    growTo(bank.blocks() * rows * columns * TemplateBank::kLanes, similarity);
    growTo(across * tall * kScanChannels, strip_);
    const PlaceRow places{.parts = strip_.data(),
                          .step = static_cast<std::size_t>(lattice.parts_x) * tall * kScanChannels,
                          .count = columns};
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t first = 1 + row * static_cast<std::size_t>(lattice.parts_y);
        standUp(parts_.data() + first * across * kScanChannels, across, tall, strip_.data());
        for (std::size_t block = 0; block < bank.blocks(); ++block) {
            const std::size_t at = (block * rows + row) * columns * TemplateBank::kLanes;
            compare(places, {bank.block(block), bank.depth(), similarity.data() + at},
                    bank.countOf(block));
        }
    }
}

}  // namespace overfeat::detect
