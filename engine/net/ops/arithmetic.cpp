// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/dense_builder.h"
#include "engine/net/graph_edit.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"

namespace overfeat::net::ops {
namespace {

using Kind = Arithmetic::Kind;

// Both operands are known: sizes that are computed from other sizes, for example. Whole numbers
// divide as whole numbers; as they are held in floats, what these would round is refused.
template <class Compute>
ParsedNode foldedPair(OnnxNode& node, Compute compute) {
    const OnnxOperand& a = node.operand(0);
    const OnnxOperand& b = node.operand(1);
    const auto shape = broadcastShape(a.constant->shape(), b.constant->shape());
    if (!shape) {
        node.refuse("cannot combine " + a.constant->shape().toString() + " and " +
                    b.constant->shape().toString() + ".");
    }
    node.chargeConstant(*shape);
    const bool integral = a.integral && b.integral;
    std::vector<float> values(static_cast<std::size_t>(shape->elementCount()));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto flat = static_cast<std::int64_t>(i);
        const float left = broadcastElement(*a.constant, *shape, flat);
        const float right = broadcastElement(*b.constant, *shape, flat);
        values[i] = integral ? wholeNumber(node, std::trunc(compute(double{left}, double{right})))
                             : compute(left, right);
    }
    return constantNode(Tensor(*shape, std::move(values)), integral);
}

bool areBothKnown(const OnnxNode& node) {
    return node.operand(0).constant != nullptr && node.operand(1).constant != nullptr;
}

ParsedNode parseAdd(OnnxNode& node) {
    if (areBothKnown(node)) return foldedPair(node, [](auto a, auto b) { return a + b; });
    return {Add{}, node.operandIds(2), {}};
}

template <Kind kKind>
ParsedNode parseArithmetic(OnnxNode& node) {
    if (!areBothKnown(node)) return {Arithmetic{kKind}, node.operandIds(2), {}};
    return foldedPair(node, [](auto a, auto b) {
        if constexpr (kKind == Kind::kSubtract) return a - b;
        if constexpr (kKind == Kind::kMultiply) return a * b;
        if constexpr (kKind == Kind::kDivide) return a / b;
        return std::pow(a, b);
    });
}

Shape combinedShape(const Node& node, ShapeInputs in) {
    const auto shape = broadcastShape(*in[0], *in[1]);
    if (shape) return *shape;
    refuseNode(node, std::string("cannot ") +
                         (std::holds_alternative<Add>(node.op) ? "add " : "combine ") +
                         in[0]->toString() + " and " + in[1]->toString() + ".");
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
        cannotSlide(node,
                    "combines its input with a constant that differs between the pixels of the "
                    "window.");
    }
    return dense.addConstant(
        dense.window().valueName(node.output) + ".per_channel",
        Tensor(Shape{1, count, 1, 1}, {constant.values().begin(), constant.values().end()}));
}

// One vector per window that meets each cell of the window's map, as in squeeze-excite. In the
// dense network each cell meets the vector of the window that has it in its middle, and of the
// nearest window where there is none: with one window this is the window network.
ValueId spread(DenseBuilder& dense, const Node& node, const DenseValue& vector,
               const DenseValue& map) {
    dense.limit(node,
                "applies what it knows of the whole window to each of its cells, where the dense "
                "network takes the surroundings of the cell for the window.");
    const std::int64_t below = map.extent.height - 1;
    const std::int64_t beside = map.extent.width - 1;
    const Padding2 padding{.top = below / 2,
                           .left = beside / 2,
                           .bottom = below - below / 2,
                           .right = beside - beside / 2};
    const std::string name = dense.window().valueName(node.output) + ".spread";
    const ValueId output = dense.graph().addValue(uniqueName(dense.graph(), name));
    dense.graph().nodes.push_back({.name = node.name + ".spread",
                                   .op = Pad{.padding = padding, .repeats_edge = true},
                                   .inputs = {vector.id},
                                   .output = output});
    return output;
}

void combineDense(const Op& op, const Node& node, DenseBuilder& dense) {
    const bool first_varies = dense.value(node.inputs[0]).id != kNoValue;
    const bool second_varies = dense.value(node.inputs[1]).id != kNoValue;
    const std::string& name = dense.window().valueName(node.output);
    if (first_varies && second_varies) {
        DenseValue a = dense.value(node.inputs[0]);
        DenseValue b = dense.value(node.inputs[1]);
        if (a.flat != b.flat) cannotSlide(node, "combines a map with a flattened one.");
        if (a.flat && !(a.extent == b.extent)) {
            // One is a list of cells, which is met place by place: it has to be one here as well.
            a = dense.vectorOf(a, name);
            b = dense.vectorOf(b, name);
        }
        const Shape& out = dense.shapeOf(node.output);
        DenseValue result = a.isVector() ? b : a;
        result.channels = out.rank() > 1 && !a.flat ? out[1] : std::max(a.channels, b.channels);
        if (!(a.extent == b.extent)) {
            if (!a.isVector() && !b.isVector()) {
                cannotSlide(node, "combines maps of different extents.");
            }
            DenseValue& vector = a.isVector() ? a : b;
            vector.id = spread(dense, node, vector, result);
        }
        dense.add(node, op, {a.id, b.id}, result);
        return;
    }
    const DenseValue in = dense.vectorOf(dense.value(node.inputs[first_varies ? 0 : 1]), name);
    if (dense.shapeOf(node.output).elementCount() !=
        in.channels * in.extent.height * in.extent.width) {
        cannotSlide(node, "combines its input with a constant that changes its shape.");
    }
    const ValueId constant = perChannel(dense, node, node.inputs[first_varies ? 1 : 0], in);
    std::vector<ValueId> inputs{in.id, constant};
    if (!first_varies && !std::holds_alternative<Add>(op)) std::swap(inputs[0], inputs[1]);
    dense.add(node, op, std::move(inputs), in);
}

}  // namespace

std::span<const OnnxOperator> arithmeticOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Add", 7, 22, 2, 2, parseAdd},
        OnnxOperator{"Div", 7, 22, 2, 2, parseArithmetic<Kind::kDivide>},
        OnnxOperator{"Mul", 7, 22, 2, 2, parseArithmetic<Kind::kMultiply>},
        OnnxOperator{"Pow", 7, 22, 2, 2, parseArithmetic<Kind::kPower>},
        OnnxOperator{"Sub", 7, 22, 2, 2, parseArithmetic<Kind::kSubtract>},
    };
    return kRows;
}

const Signature& signature(const Add& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Add", .min_inputs = 2, .max_inputs = 2};
    return kSignature;
}

Shape outputShape(const Add& /*op*/, const Node& node, ShapeInputs in) {
    return combinedShape(node, in);
}

void makeDense(const Add& op, const Node& node, DenseBuilder& dense) {
    combineDense(op, node, dense);
}

const Signature& signature(const Arithmetic& op) noexcept {
    static constexpr std::array<Signature, 4> kSignatures{
        {{.name = "Sub", .min_inputs = 2, .max_inputs = 2},
         {.name = "Mul", .min_inputs = 2, .max_inputs = 2},
         {.name = "Div", .min_inputs = 2, .max_inputs = 2},
         {.name = "Pow", .min_inputs = 2, .max_inputs = 2}}};
    return kSignatures[static_cast<std::size_t>(op.kind)];
}

Shape outputShape(const Arithmetic& /*op*/, const Node& node, ShapeInputs in) {
    return combinedShape(node, in);
}

void makeDense(const Arithmetic& op, const Node& node, DenseBuilder& dense) {
    combineDense(op, node, dense);
}

}  // namespace overfeat::net::ops
