// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/geometry.h"

namespace overfeat {

// Where one cell of a score map is.
struct CellIndex {
    int row = 0;
    int column = 0;
    bool operator==(const CellIndex&) const = default;
};

// The boxes that the windows of one scale propose: one set shared by all classes, or a set for each
// of some classes (those that may propose; thousands of sets would only be memory).
struct WindowBoxes {
    std::vector<RectPx> px;            // [set][row][column]; one without area is no proposal
    std::vector<std::size_t> classes;  // of each set, rising; empty = one set for all classes
    // [row][column]: how much of its probability a window votes with, because that is how likely
    // it shows an object at all; empty = all of it.
    std::vector<float> weights{};
    bool empty() const noexcept { return px.empty(); }
};

// What the network said at every window of one scale of the pyramid (OverFeat section 3.3: the
// classifier applied at each location), in the coordinates of the frame.
//
// Cell (row, column) looked at the window `windowAt(row, column)`; its probabilities over the
// network's classes (softmax, summing to 1) are `score(class, row, column)`. A map of taught
// classes has classes that follow the network's, and each of its probabilities stands for itself.
class OVERFEAT_API ScoreMap {
public:
    ScoreMap() = default;
    // `probabilities` is class-major: [class][row][column], of the classes from `first_class` on.
    // `boxes` may be empty. The window of cell (0, 0) is `first_window_px`; the next cell lies
    // `step_x_px`, `step_y_px` further.
    ScoreMap(SizePx cells, std::size_t classes, RectPx first_window_px, double step_x_px,
             double step_y_px, std::vector<float> probabilities, WindowBoxes boxes = {},
             std::size_t first_class = 0);

    int rows() const noexcept { return cells_.height; }
    int columns() const noexcept { return cells_.width; }
    std::size_t classCount() const noexcept { return classes_; }
    std::size_t firstClass() const noexcept { return first_class_; }
    bool knows(std::size_t class_index) const noexcept {
        return class_index >= first_class_ && class_index - first_class_ < classes_;
    }
    std::size_t cellCount() const noexcept {
        return static_cast<std::size_t>(cells_.width) * static_cast<std::size_t>(cells_.height);
    }

    // Here and below the map must know the class.
    float score(std::size_t class_index, CellIndex cell) const noexcept {
        return probabilities_[(class_index - first_class_) * cellCount() + offset(cell)];
    }
    // All cells of one class, row-major.
    std::span<const float> plane(std::size_t class_index) const noexcept {
        return {probabilities_.data() + (class_index - first_class_) * cellCount(), cellCount()};
    }
    // The largest score of a class over all cells: OverFeat's spatial max.
    float spatialMax(std::size_t class_index) const noexcept;

    // The part of the frame that the cell looked at; may reach outside the frame.
    RectPx windowAt(CellIndex cell) const noexcept;
    // The cell whose window centre is nearest to `point`; nothing if the map has no cells.
    std::optional<CellIndex> nearestCell(PointPx point) const noexcept;
    // The box that this window proposes for a class; the same for all classes if the boxes are
    // shared; nothing where it proposes none.
    std::optional<RectPx> boxAt(CellIndex cell, std::size_t class_index) const noexcept;
    bool hasBoxes() const noexcept { return !boxes_.empty(); }
    // What its box for the class votes with.
    float vote(CellIndex cell, std::size_t class_index) const noexcept {
        const float all = score(class_index, cell);
        return boxes_.weights.empty() ? all : all * boxes_.weights[offset(cell)];
    }

    // The score of a class at any point of the frame: bilinear between window centres, clamped to
    // the outermost cells.
    float interpolate(std::size_t class_index, PointPx point) const noexcept;

private:
    std::size_t offset(CellIndex cell) const noexcept {
        return static_cast<std::size_t>(cell.row) * static_cast<std::size_t>(cells_.width) +
               static_cast<std::size_t>(cell.column);
    }

    SizePx cells_;
    std::size_t classes_ = 0;
    std::size_t first_class_ = 0;
    RectPx first_window_px_;
    double step_x_px_ = 0;
    double step_y_px_ = 0;
    std::vector<float> probabilities_;
    WindowBoxes boxes_;
};

// A class's confidence over the picture, one value per grid point, row-major, 0..1.
// Grid point (column, row) lies at ((column + 0.5) * step_px, (row + 0.5) * step_px) of the frame.
struct HeatMap {
    SizePx size;  // grid points
    double step_px = 0;
    std::vector<float> values;

    float at(int column, int row) const noexcept {
        return values[static_cast<std::size_t>(row) * static_cast<std::size_t>(size.width) +
                      static_cast<std::size_t>(column)];
    }
};

// How several scales become one map.
enum class ScaleMix {
    // Their mean, weighted by 1 / area of a window: by how many windows lie side by side in the
    // picture, which is how much a scale can say about *where*. A scale of large windows has a few
    // cells, and a picture of them is bands across the whole frame; it says that something is there
    // and leaves the place to the finer ones.
    kFinerMore,
    // At each place the highest: what OverFeat's spatial maximum is taken from (section 3.3).
    kHighest,
};

// The heat map of one class from one scale, or from several. `step_px` is the distance of the grid
// points. Scales that do not know the class say nothing.
OVERFEAT_API HeatMap heatMap(std::span<const ScoreMap> scales, std::size_t class_index,
                             SizePx frame, double step_px, ScaleMix mix = ScaleMix::kFinerMore);

}  // namespace overfeat
