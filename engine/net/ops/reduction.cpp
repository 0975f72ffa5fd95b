// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"

namespace overfeat::net::ops {
namespace {

ParsedNode parseReduceMean(OnnxNode& node) {
    ReduceMean mean;
    mean.keep_dims = node.flag("keepdims", true);
    const bool all_of_none = !node.flag("noop_with_empty_axes", false);
    std::vector<std::int64_t> axes =
        node.opset() < 18 ? node.integers("axes") : wholeNumbers(node, 1);
    if (axes.empty() && !all_of_none) return {Identity{}, node.operandIds(1), {}};
    if (const auto& shape = node.operand(0).shape) {
        for (std::int64_t& axis : axes)
            axis = axisOf(node, axis, shape->rank());
        std::ranges::sort(axes);
        if (shape->rank() == 4 && axes == std::vector<std::int64_t>{2, 3}) {
            ParsedNode parsed{GlobalAveragePool{}, node.operandIds(1), {}};
            if (!mean.keep_dims) parsed.then.emplace_back(Flatten{});
            return parsed;
        }
    }
    for (const std::int64_t axis : axes) {
        if (axis < -Shape::kMaxRank || axis >= Shape::kMaxRank) {
            node.refuse("works along axis " + std::to_string(axis) + ", which no tensor has.");
        }
        mean.axes.push_back(static_cast<int>(axis));
    }
    return {mean, node.operandIds(1), {}};
}

// Which axes are averaged away.
std::vector<bool> reducedAxes(const Node& node, const ReduceMean& mean, int rank) {
    std::vector<bool> reduced(static_cast<std::size_t>(rank), mean.axes.empty());
    for (const int axis : mean.axes)
        reduced[static_cast<std::size_t>(resolvedAxis(node, axis, rank, rank - 1))] = true;
    return reduced;
}

}  // namespace

std::span<const OnnxOperator> reductionOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"ReduceMean", 7, 17, 1, 1, parseReduceMean},
        OnnxOperator{"ReduceMean", 18, 22, 1, 2, parseReduceMean},
    };
    return kRows;
}

const Signature& signature(const ReduceMean& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "ReduceMean", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const ReduceMean& mean, const Node& node, ShapeInputs in) {
    const std::vector<bool> reduced = reducedAxes(node, mean, in[0]->rank());
    Shape out;
    for (int axis = 0; axis < in[0]->rank(); ++axis) {
        if (!reduced[static_cast<std::size_t>(axis)]) {
            out.append((*in[0])[axis]);
        } else if (mean.keep_dims) {
            out.append(1);
        }
    }
    return out;
}

void makeDense(const ReduceMean& mean, const Node& node, DenseBuilder& dense) {
    const DenseValue in = dense.input(node);
    const bool over_channels = dense.shapeOf(node.inputs.front()).rank() == 4 && mean.keep_dims &&
                               (mean.axes == std::vector{1} || mean.axes == std::vector{-3});
    if (!over_channels || in.flat) cannotSlide(node, "averages over other axes than the channels.");
    dense.add(node, mean, {in.id}, {kNoValue, in.extent, 1, false});
}

}  // namespace overfeat::net::ops
