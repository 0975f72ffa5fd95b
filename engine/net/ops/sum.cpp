// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"

namespace overfeat::net::ops {
namespace {

ParsedNode parseAdd(OnnxNode& node) {
    return {Add{}, node.operandIds(2), {}};
}

// A constant operand as something that broadcasts over the dense map: one number per channel.
ValueId perChannel(DenseBuilder& dense, const Node& node, ValueId id, const DenseValue& map) {
    const Tensor& constant = *dense.window().constant(id);
    const Shape& shape = constant.shape();
    const auto count = static_cast<std::int64_t>(constant.values().size());
    const int channel_axis = shape.rank() - (map.flat ? 1 : 3);
    const bool fits =
        count == 1 || (count == map.channels && channel_axis >= 0 && shape[channel_axis] == count);
    if (!fits) {
        cannotSlide(node, "adds a constant that differs between the pixels of the window.");
    }
    return dense.addConstant(
        dense.window().valueName(node.output) + ".per_channel",
        Tensor(Shape{1, count, 1, 1}, {constant.values().begin(), constant.values().end()}));
}

}  // namespace

std::span<const OnnxOperator> sumOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Add", 7, 22, 2, 2, parseAdd},
    };
    return kRows;
}

const Signature& signature(const Add& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Add", .min_inputs = 2, .max_inputs = 2};
    return kSignature;
}

Shape outputShape(const Add& /*op*/, const Node& node, ShapeInputs in) {
    const Shape& a = *in[0];
    const Shape& b = *in[1];
    const int rank = std::max(a.rank(), b.rank());
    Shape out;
    for (int i = 0; i < rank; ++i) {
        const std::int64_t left = i < rank - a.rank() ? 1 : a[i - (rank - a.rank())];
        const std::int64_t right = i < rank - b.rank() ? 1 : b[i - (rank - b.rank())];
        if (left != right && left != 1 && right != 1) {
            refuseNode(node, "cannot add " + a.toString() + " and " + b.toString() + ".");
        }
        out.append(std::max(left, right));
    }
    return out;
}

void makeDense(const Add& op, const Node& node, DenseBuilder& dense) {
    const bool first_varies = dense.value(node.inputs[0]).id != kNoValue;
    const bool second_varies = dense.value(node.inputs[1]).id != kNoValue;
    const std::string& name = dense.window().valueName(node.output);
    if (first_varies && second_varies) {
        const DenseValue& a = dense.value(node.inputs[0]);
        const DenseValue& b = dense.value(node.inputs[1]);
        if (!(a.extent == b.extent) || a.flat != b.flat) {
            cannotSlide(node,
                        "adds one vector to every cell of a map, so each window would "
                        "need a map of its own.");
        }
        const Shape& out = dense.shapeOf(node.output);
        DenseValue result = a;
        result.channels = out.rank() > 1 && !a.flat ? out[1] : std::max(a.channels, b.channels);
        dense.add(node, op, {a.id, b.id}, result);
        return;
    }
    const DenseValue in = dense.vectorOf(dense.value(node.inputs[first_varies ? 0 : 1]), name);
    if (dense.shapeOf(node.output).elementCount() !=
        in.channels * in.extent.height * in.extent.width) {
        cannotSlide(node, "adds a constant that changes the shape of its input.");
    }
    const ValueId constant = perChannel(dense, node, node.inputs[first_varies ? 1 : 0], in);
    dense.add(node, op, {in.id, constant}, in);
}

}  // namespace overfeat::net::ops
