// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"

namespace overfeat::net::ops {
namespace {

ParsedNode parseBatchNormalization(OnnxNode& node) {
    if (node.flag("training_mode", false)) {
        node.refuse("is in training mode; export the model for inference.");
    }
    if (!node.flag("spatial", true)) {
        node.refuse("normalises every pixel on its own, which is not supported.");
    }
    node.ignore("momentum");  // used in training only
    BatchNormalization normalization;
    normalization.epsilon = node.real("epsilon", normalization.epsilon);
    if (!(normalization.epsilon >= 0)) node.refuse("has a negative 'epsilon'.");
    return {normalization, node.operandIds(5), {}};
}

ParsedNode parseLayerNormalization(OnnxNode& node) {
    node.ignore("stash_type");  // the precision, which is at least that of single here
    LayerNormalization normalization;
    normalization.axis = axisAttribute(node, -1);
    normalization.epsilon = node.real("epsilon", normalization.epsilon);
    if (!(normalization.epsilon >= 0)) node.refuse("has a negative 'epsilon'.");
    node.constantOperand(1);
    node.constantOperand(2);
    return {normalization, node.operandIds(3), {}};
}

}  // namespace

std::span<const OnnxOperator> normalizationOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"BatchNormalization", 7, 22, 5, 5, parseBatchNormalization},
        OnnxOperator{"LayerNormalization", 17, 22, 2, 3, parseLayerNormalization},
    };
    return kRows;
}

const Signature& signature(const BatchNormalization& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "BatchNormalization",
                                          .min_inputs = 5,
                                          .max_inputs = 5,
                                          .first_constant = 1,
                                          .last_constant = 4};
    return kSignature;
}

Shape outputShape(const BatchNormalization& /*op*/, const Node& node, ShapeInputs in) {
    const Shape& x = *in[0];
    if (x.rank() < 2) requireRank(node, x, 4, "an input");
    for (std::size_t i = 1; i < 5; ++i) {
        if (!(*in[i] == Shape{x[1]})) {
            refuseNode(node, "has statistics of " + in[i]->toString() + " for an input of " +
                                 x.toString() + ".");
        }
    }
    return x;
}

void makeDense(const BatchNormalization& normalization, const Node& node, DenseBuilder& dense) {
    const DenseValue in = dense.vectorOf(dense.input(node), dense.window().valueName(node.output));
    std::vector<ValueId> inputs = node.inputs;
    inputs.front() = in.id;
    dense.add(node, normalization, std::move(inputs), in);
}

const Signature& signature(const LayerNormalization& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "LayerNormalization",
                                          .min_inputs = 3,
                                          .max_inputs = 3,
                                          .first_constant = 1,
                                          .last_constant = 2,
                                          .may_be_absent = 2};
    return kSignature;
}

Shape outputShape(const LayerNormalization& op, const Node& node, ShapeInputs in) {
    const Shape& x = *in[0];
    const int axis = resolvedAxis(node, op.axis, x.rank(), x.rank() - 1);
    const auto dims = x.dims().subspan(static_cast<std::size_t>(axis));
    const std::int64_t length = op.only_axis ? x[axis] : Shape(dims).elementCount();
    for (const Shape* numbers : {in[1], in[2]}) {
        if (numbers != nullptr && numbers->elementCount() != length) {
            refuseNode(node, "scales by " + numbers->toString() + " for an input of " +
                                 x.toString() + ".");
        }
    }
    return x;
}

void makeDense(const LayerNormalization& given, const Node& node, DenseBuilder& dense) {
    const DenseValue in = dense.vectorOf(dense.input(node), dense.window().valueName(node.output));
    const int rank = dense.shapeOf(node.output).rank();
    const int axis = given.axis < 0 ? given.axis + rank : given.axis;
    if (axis != 1 || !(given.only_axis || in.isVector())) {
        cannotSlide(node, "normalises over the cells of the window.");
    }
    LayerNormalization op = given;
    op.axis = 1;
    op.only_axis = true;
    dense.add(node, op, {in.id, node.inputs[1], node.inputs[2]}, in);
}

}  // namespace overfeat::net::ops
