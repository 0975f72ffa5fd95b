// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/ops.h"

namespace overfeat::net::ops {
namespace {

ParsedNode activation(OnnxNode& node, Activation bounds) {
    // Exporters write "no bound" as the largest float.
    if (bounds.low <= std::numeric_limits<float>::lowest()) bounds.low = Activation{}.low;
    if (bounds.high >= std::numeric_limits<float>::max()) bounds.high = Activation{}.high;
    if (std::isnan(bounds.low) || std::isnan(bounds.high)) node.refuse("has a bound that is NaN.");
    if (bounds.isNone()) return {Identity{}, node.operandIds(1), {}};
    return {Activate{bounds}, node.operandIds(1), {}};
}

ParsedNode parseRelu(OnnxNode& node) {
    return activation(node, Activation::relu());
}

ParsedNode parseClipWithAttributes(OnnxNode& node) {
    const Activation none;
    return activation(node,
                      {.low = node.real("min", none.low), .high = node.real("max", none.high)});
}

ParsedNode parseClipWithInputs(OnnxNode& node) {
    const auto bound = [&](std::size_t input, float fallback) {
        const Tensor* given = node.constantOperand(input);
        if (given == nullptr) return fallback;
        if (given->values().size() != 1) node.refuse("has a bound that is not one number.");
        return given->values().front();
    };
    const Activation none;
    return activation(node, {.low = bound(1, none.low), .high = bound(2, none.high)});
}

}  // namespace

std::span<const OnnxOperator> activationOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Clip", 7, 10, 1, 1, parseClipWithAttributes},
        OnnxOperator{"Clip", 11, 22, 1, 3, parseClipWithInputs},
        OnnxOperator{"Relu", 7, 22, 1, 1, parseRelu},
    };
    return kRows;
}

const Signature& signature(const Activate& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Activate", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const Activate& /*op*/, const Node& /*node*/, ShapeInputs in) {
    return *in[0];
}

void makeDense(const Activate& activate, const Node& node, DenseBuilder& dense) {
    dense.add(node, activate, {dense.input(node).id}, dense.input(node));
}

}  // namespace overfeat::net::ops
