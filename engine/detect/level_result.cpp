// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/level_result.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"

namespace overfeat::detect {
namespace {

void mirrorRows(std::vector<float>& planes, int columns) {
    for (auto row = planes.begin(); row != planes.end(); row += columns)
        std::reverse(row, row + columns);
}

void readBoxes(const LevelRun& run, const backend::Plan& plan, LevelResult& result) {
    const std::span<const float> edges = plan.output(1);
    const std::size_t cells = result.cellCount();
    if (edges.size() != 4 * cells || !allFinite(edges)) throwNotFinite(run.network.model());
    result.boxes_px.clear();
    result.boxes_px.reserve(cells);
    for (int row = 0; row < result.cells.height; ++row) {
        for (int column = 0; column < result.cells.width; ++column) {
            const int seen_column = run.mirrored ? result.cells.width - 1 - column : column;
            const std::size_t at =
                static_cast<std::size_t>(row) * static_cast<std::size_t>(result.cells.width) +
                static_cast<std::size_t>(seen_column);
            result.boxes_px.push_back(boxFromWindow(result.windowAt(row, column), edges[at],
                                                    edges[cells + at], edges[2 * cells + at],
                                                    edges[3 * cells + at], run.mirrored));
        }
    }
}

}  // namespace

bool LevelResult::sameWindows(const LevelResult& other) const noexcept {
    return cells == other.cells && first_window_px == other.first_window_px &&
           step_x_px == other.step_x_px && step_y_px == other.step_y_px &&
           probabilities.size() == other.probabilities.size();
}

void LevelResult::addSpatialMax(std::vector<float>& scores, float weight) const noexcept {
    const auto count = static_cast<std::ptrdiff_t>(cellCount());
    auto plane = probabilities.begin();
    for (float& score : scores) {
        score += weight * *std::max_element(plane, plane + count);
        plane += count;
    }
}

void LevelResult::blend(const LevelResult& other, float weight) noexcept {
    for (std::size_t i = 0; i < probabilities.size(); ++i)
        probabilities[i] += (other.probabilities[i] - probabilities[i]) * weight;
    if (other.boxes_px.size() != boxes_px.size()) return;
    const auto towards = [weight](double& mine, double theirs) {
        mine += (theirs - mine) * static_cast<double>(weight);
    };
    for (std::size_t i = 0; i < boxes_px.size(); ++i) {
        towards(boxes_px[i].x, other.boxes_px[i].x);
        towards(boxes_px[i].y, other.boxes_px[i].y);
        towards(boxes_px[i].width, other.boxes_px[i].width);
        towards(boxes_px[i].height, other.boxes_px[i].height);
    }
}

ScoreMap LevelResult::take(std::size_t classes) {
    return {cells,
            classes,
            first_window_px,
            step_x_px,
            step_y_px,
            std::exchange(probabilities, {}),
            std::exchange(boxes_px, {})};
}

void readLevel(const LevelRun& run, const backend::Plan& plan, ScoreHead& head,
               LevelResult& result) {
    const net::Model& model = run.network.model();
    const Shape& shape = plan.outputShape(0);
    const std::size_t classes = run.network.classCount();
    if (shape.rank() != 4 || shape[1] != static_cast<std::int64_t>(classes) || shape[2] < 1 ||
        shape[3] < 1) {
        throw Error(ErrorCode::kModel,
                    "The model '" + model.name + "' gave scores of shape " + shape.toString() +
                        " for a whole picture; use it with the centre view.",
                    model.path);
    }
    result.cells = {static_cast<int>(shape[3]), static_cast<int>(shape[2])};
    const double window = run.dense.window_px;
    result.first_window_px = toFrame({0, 0, window, window}, run.level, run.frame);
    const auto& stride = run.dense.stride_px;
    const RectPx step =
        toFrame({0, 0, static_cast<double>(stride.width), static_cast<double>(stride.height)},
                run.level, run.frame);
    result.step_x_px = step.width;
    result.step_y_px = step.height;
    result.probabilities.resize(classes * result.cellCount());
    if (!head.apply(plan.output(0), classes, run.network.endsInSoftmax(), result.probabilities))
        throwNotFinite(model);
    if (run.mirrored) mirrorRows(result.probabilities, result.cells.width);
    if (run.network.hasBoxes()) readBoxes(run, plan, result);
}

void throwNotFinite(const net::Model& model) {
    throw Error(ErrorCode::kModel,
                "The model '" + model.name +
                    "' computed numbers that are not finite; its weights are damaged or its input "
                    "is scaled wrongly, so choose another file.",
                model.path);
}

}  // namespace overfeat::detect
