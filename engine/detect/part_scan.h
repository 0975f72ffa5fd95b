// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/taught_classes.h"
#include "engine/detect/scan_space.h"
#include "engine/detect/summed_map.h"

namespace overfeat::detect {

// A map of features over the frame: cell (row, column) is about the point
// first_px + (column, row) * step.
struct FeatureMap {
    std::span<const float> values;  // [channels][rows][columns]
    std::size_t channels = 0;
    SizePx cells;
    PointPx first_px;
    double step_x_px = 1;
    double step_y_px = 1;

    // A rectangle of the frame in cells, whose edges lie at whole numbers, and back.
    RectPx toCells(const RectPx& in_frame) const noexcept;
    RectPx toFrame(const RectPx& in_cells) const noexcept;
};

// The places of a box of one size that slides over a map of features, in cells. It moves by whole
// parts, so that places share theirs.
struct Lattice {
    SizePx places;
    double first_x = 0;  // the box's corner at the first place
    double first_y = 0;
    double step_x = 1;
    double step_y = 1;
    double width = 0;  // the box
    double height = 0;
    int parts_x = 1;  // a step in parts
    int parts_y = 1;

    RectPx boxAt(int row, int column) const noexcept {
        return {first_x + column * step_x, first_y + row * step_y, width, height};
    }
};
// It reaches over the edges of the map by kOverEdge of its side, and moves by about a quarter of
// it, and about a cell at least.
inline constexpr double kOverEdge = 0.4;
inline constexpr double kStepsPerSide = 4;
Lattice latticeOf(SizePx cells, double width, double height, const PartGrid& grid) noexcept;

// The parts of a box of a map, each of unit length, together of unit length:
// [parts][channels]. A part that lies outside the map is nothing but zeros.
void partsOf(const SummedMap& map, const RectPx& cells, const PartGrid& grid,
             std::span<float> parts);

// What a scan compares with: templates of one grid of parts, in the channels of a ScanSpace.
class TemplateBank {
public:
    // Similarities stand together for so many templates, a block.
    static constexpr std::size_t kLanes = 16;
    // Numbers of parts are rounded to whole ones, this for 1: a product of any two boxes of unit
    // length, and any sum that leads to it, fits into 32 bits.
    static constexpr float kOne = 32767;

    // `parts` is [parts][kScanChannels]: all templates of a bank are of one size and grid.
    void add(std::span<const float> parts, const PartGrid& grid);
    std::size_t count() const noexcept { return count_; }
    std::size_t blocks() const noexcept { return (count_ + kLanes - 1) / kLanes; }
    // Of the templates of a block how many there are, and what they are, one after the other:
    // [columns of parts][rows of parts][kScanChannels], of depth() numbers.
    std::size_t countOf(std::size_t block) const noexcept {
        return std::min(count_ - block * kLanes, kLanes);
    }
    const std::int16_t* block(std::size_t block) const noexcept {
        return values_.data() + block * kLanes * depth_;
    }
    std::size_t depth() const noexcept { return depth_; }

private:
    std::size_t count_ = 0;
    std::size_t depth_ = 0;
    std::vector<std::int16_t> values_;
};

// Where an edge of parts lies along one direction: behind a whole number of cells and a share of
// the next one.
struct PartEdge {
    std::size_t below;
    float share;
};

// At every place about the cosine of the box's parts with each template:
// `similarity` is [block][place][lane] at least, with anything in lanes without a template. The
// same for a template whatever else is in its bank, and on every processor for the same parts.
// Keeps its scratch memory; one thread.
class PartScan {
public:
    // `map` has kScanChannels channels.
    void run(const SummedMap& map, const Lattice& lattice, const PartGrid& grid,
             const TemplateBank& bank, std::vector<float>& similarity);

private:
    // So many parts, those of all places.
    void cut(const SummedMap& map, const Lattice& lattice, const PartGrid& grid, std::size_t across,
             std::size_t down);

    std::vector<PartEdge> edges_;      // of the columns of parts
    std::vector<float> inside_;        // how much of each column lies in the map
    std::vector<float> line_;          // of the map's sums: [columns of cells + 1][channels]
    std::vector<float> above_;         // [columns of parts + 1][channels]
    std::vector<std::int16_t> parts_;  // [1 + rows of parts][columns of parts][channels]
    std::vector<std::int16_t> strip_;  // of a row of places: [columns of parts][rows][channels]
};

}  // namespace overfeat::detect
