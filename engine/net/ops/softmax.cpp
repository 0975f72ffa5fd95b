// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <span>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"

namespace overfeat::net::ops {
namespace {

ParsedNode parseFlatteningSoftmax(OnnxNode& node) {
    const int axis = axisAttribute(node, 1);
    return {Softmax{.axis = axis, .flattens_from_axis = true}, node.operandIds(1), {}};
}

ParsedNode parseSoftmax(OnnxNode& node) {
    return {Softmax{.axis = axisAttribute(node, -1)}, node.operandIds(1), {}};
}

}  // namespace

std::span<const OnnxOperator> softmaxOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Softmax", 7, 12, 1, 1, parseFlatteningSoftmax},
        OnnxOperator{"Softmax", 13, 22, 1, 1, parseSoftmax},
    };
    return kRows;
}

const Signature& signature(const Softmax& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Softmax", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const Softmax& softmax, const Node& node, ShapeInputs in) {
    resolvedAxis(node, softmax.axis, in[0]->rank(), std::max(in[0]->rank() - 1, 0));
    return *in[0];
}

void makeDense(const Softmax& softmax, const Node& node, DenseBuilder& dense) {
    const DenseValue in = dense.vectorOf(dense.input(node), dense.window().valueName(node.output));
    const int rank = dense.shapeOf(node.inputs.front()).rank();
    const int axis = softmax.axis < 0 ? softmax.axis + rank : softmax.axis;
    const bool over_channels =
        axis == 1 && (in.isVector() || (!softmax.flattens_from_axis && !in.flat));
    if (!over_channels) cannotSlide(node, "does not work over the classes of one window.");
    dense.add(node, Softmax{.axis = 1}, {in.id}, in);
}

}  // namespace overfeat::net::ops
