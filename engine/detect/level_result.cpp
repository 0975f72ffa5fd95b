// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/level_result.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>

#include "engine/core/error.h"

namespace overfeat::detect {
namespace {

void mirrorRows(std::vector<float>& planes, int columns) {
    for (auto row = planes.begin(); row != planes.end(); row += columns)
        std::reverse(row, row + columns);
}

// mine += (theirs - mine) * weight, value by value.
void blend(std::vector<float>& mine, const std::vector<float>& theirs, float weight) noexcept {
    for (std::size_t i = 0; i < mine.size(); ++i)
        mine[i] += (theirs[i] - mine[i]) * weight;
}

// Where both propose a box for the same class; elsewhere mine stay.
void blend(WindowBoxes& mine, const WindowBoxes& theirs, double weight) noexcept {
    if (mine.px.size() != theirs.px.size() || mine.classes != theirs.classes) return;
    const auto towards = [weight](double& value, double other) {
        value += (other - value) * weight;
    };
    for (std::size_t i = 0; i < mine.px.size(); ++i) {
        RectPx& box = mine.px[i];
        const RectPx& other = theirs.px[i];
        if (box.area() <= 0 || other.area() <= 0) continue;
        towards(box.x, other.x);
        towards(box.y, other.y);
        towards(box.width, other.width);
        towards(box.height, other.height);
    }
}

// The window itself, shrunk to the median box of the windows that show an object (the measured
// share of models/training's windows), for networks that say nothing about where it is.
void proposeWindows(LevelResult& result) {
    constexpr double kShare = 0.86;
    result.boxes.px.reserve(result.cellCount());
    for (int row = 0; row < result.cells.height; ++row) {
        for (int column = 0; column < result.cells.width; ++column) {
            const RectPx window = result.windowAt(row, column);
            const PointPx centre = window.centre();
            const double width = kShare * window.width;
            const double height = kShare * window.height;
            result.boxes.px.push_back({centre.x - width / 2, centre.y - height / 2, width, height});
        }
    }
}

// How many windows fit into a level of this size.
int windowsIn(int side, int window_px, std::int64_t stride_px) {
    return 1 + (side - window_px) / static_cast<int>(stride_px);
}

}  // namespace

bool LevelResult::sameWindows(const LevelResult& other) const noexcept {
    return cells == other.cells && first_window_px == other.first_window_px &&
           step_x_px == other.step_x_px && step_y_px == other.step_y_px &&
           probabilities.size() == other.probabilities.size();
}

void LevelResult::addSpatialMax(std::span<float> scores, float weight) const noexcept {
    const auto count = static_cast<std::ptrdiff_t>(cellCount());
    auto plane = probabilities.begin();
    for (float& score : scores) {
        score += weight * *std::max_element(plane, plane + count);
        plane += count;
    }
}

void LevelResult::averageWith(const LevelResult& mirrored) noexcept {
    blend(probabilities, mirrored.probabilities, 0.5F);
    blend(boxes, mirrored.boxes, 0.5);
}

void LevelResult::addVote(const LevelResult& other) noexcept {
    blend(probabilities, other.probabilities, 1.0F / static_cast<float>(++voters));
    if (other.boxes.weights.size() == boxes.weights.size())
        blend(boxes.weights, other.boxes.weights, 1.0F / static_cast<float>(voters));
    if (other.boxes.px.size() == boxes.px.size()) blend(boxes, other.boxes, 1.0 / ++box_voters);
}

ScoreMap LevelResult::take(std::size_t classes) {
    return {cells,
            classes,
            first_window_px,
            step_x_px,
            step_y_px,
            std::exchange(probabilities, {}),
            std::exchange(boxes, {})};
}

void LevelReader::read(const LevelRun& run, const backend::Plan& plan, LevelResult& result) {
    const net::Model& model = run.network.model();
    const net::DenseGraph& dense = run.dense;
    const std::size_t classes = run.network.classCount();
    const SizePx wanted{windowsIn(run.level.width, dense.window_px, dense.stride_px.width),
                        windowsIn(run.level.height, dense.window_px, dense.stride_px.height)};
    const auto computed = [&](std::size_t output, std::size_t channels) {
        const Shape& shape = plan.outputShape(output);
        if (shape.rank() != 4 || shape[0] != 1 || shape[1] != static_cast<std::int64_t>(channels) ||
            shape[2] < wanted.height || shape[3] < wanted.width) {
            throw Error(ErrorCode::kModel,
                        "The model '" + model.name + "' gave an output of shape " +
                            shape.toString() + " for " + std::to_string(wanted.height) + "x" +
                            std::to_string(wanted.width) + " windows; use it with the centre view.",
                        model.path);
        }
        return SizePx{static_cast<int>(shape[3]), static_cast<int>(shape[2])};
    };

    result.voters = result.box_voters = 1;
    result.cells = wanted;
    const double window = dense.window_px;
    result.first_window_px = toFrame({0, 0, window, window}, run.level, run.frame);
    const RectPx step = toFrame({0, 0, static_cast<double>(dense.stride_px.width),
                                 static_cast<double>(dense.stride_px.height)},
                                run.level, run.frame);
    result.step_x_px = step.width;
    result.step_y_px = step.height;
    result.probabilities.resize(classes * result.cellCount());
    if (!head_.apply(inside(plan.output(0), computed(0, classes), wanted), classes,
                     run.network.endsInSoftmax(), result.probabilities)) {
        throwNotFinite(model);
    }
    if (run.mirrored) mirrorRows(result.probabilities, result.cells.width);
    result.boxes.px.clear();
    result.boxes.classes.clear();
    result.boxes.weights.clear();
    switch (run.network.boxSource()) {
        case BoxSource::kRegressor: {
            const std::size_t sets = run.network.boxSets();
            readBoxes(run, inside(plan.output(1), computed(1, 4 * sets), wanted), sets, result);
            break;
        }
        case BoxSource::kEvidence:
            // The mirror image's windows would only propose the same boxes again.
            if (run.evidence_head == nullptr || run.mirrored) break;
            evidence_.propose(run.network.evidence(run.fine_steps), *model.labels, plan,
                              *run.evidence_head, result);
            break;
        case BoxSource::kWindow:
            proposeWindows(result);
            break;
    }
}

// A network with padding computes, at a fine stride, a few cells more than there are windows in the
// level; theirs would reach beyond its edge. This leaves them out.
std::span<const float> LevelReader::inside(std::span<const float> planes, SizePx computed,
                                           SizePx wanted) {
    if (computed == wanted) return planes;
    const auto row_floats = static_cast<std::ptrdiff_t>(computed.width);
    inside_.clear();
    for (auto plane = planes.begin(); plane != planes.end();
         plane += row_floats * computed.height) {
        for (int row = 0; row < wanted.height; ++row) {
            const auto from = plane + row * row_floats;
            inside_.insert(inside_.end(), from, from + wanted.width);
        }
    }
    return inside_;
}

void LevelReader::readBoxes(const LevelRun& run, std::span<const float> edges, std::size_t sets,
                            LevelResult& result) {
    if (!allFinite(edges)) throwNotFinite(run.network.model());
    const std::size_t cells = result.cellCount();
    if (sets > 1) {
        result.boxes.classes.resize(sets);
        std::iota(result.boxes.classes.begin(), result.boxes.classes.end(), std::size_t{0});
    }
    result.boxes.px.reserve(sets * cells);
    for (std::size_t set = 0; set < sets; ++set) {
        const auto of_set = edges.subspan(4 * set * cells, 4 * cells);
        for (int row = 0; row < result.cells.height; ++row) {
            for (int column = 0; column < result.cells.width; ++column) {
                const int seen_column = run.mirrored ? result.cells.width - 1 - column : column;
                const std::size_t at =
                    static_cast<std::size_t>(row) * static_cast<std::size_t>(result.cells.width) +
                    static_cast<std::size_t>(seen_column);
                result.boxes.px.push_back(boxFromWindow(result.windowAt(row, column), of_set[at],
                                                        of_set[cells + at], of_set[2 * cells + at],
                                                        of_set[3 * cells + at], run.mirrored));
            }
        }
    }
}

void throwNotFinite(const net::Model& model) {
    throw Error(ErrorCode::kModel,
                "The model '" + model.name +
                    "' computed numbers that are not finite; its weights are damaged or its input "
                    "is scaled wrongly, so choose another file.",
                model.path);
}

}  // namespace overfeat::detect
