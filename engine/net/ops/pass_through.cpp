// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <span>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/ops.h"

namespace overfeat::net::ops {
namespace {

ParsedNode parseIdentity(OnnxNode& node) {
    return {Identity{}, node.operandIds(1), {}};
}

ParsedNode parseConstant(OnnxNode& node) {
    return {Identity{}, {}, node.constantValue()};
}

// Does nothing once the network is trained.
ParsedNode parseDropout(OnnxNode& node) {
    node.ignore("ratio");
    node.ignore("seed");
    const Tensor* training = node.constantOperand(2);
    if (training != nullptr &&
        std::ranges::any_of(training->values(), [](float value) { return value != 0; })) {
        node.refuse("is in training mode; export the model for inference.");
    }
    return {Identity{}, node.operandIds(1), {}};
}

}  // namespace

std::span<const OnnxOperator> passThroughOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Constant", 7, 22, 0, 0, parseConstant},
        OnnxOperator{"Dropout", 7, 11, 1, 1, parseDropout},
        OnnxOperator{"Dropout", 12, 22, 1, 3, parseDropout},
        OnnxOperator{"Identity", 1, 22, 1, 1, parseIdentity},
    };
    return kRows;
}

const Signature& signature(const Identity& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Identity", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const Identity& /*op*/, const Node& /*node*/, ShapeInputs in) {
    return *in[0];
}

void makeDense(const Identity& identity, const Node& node, DenseBuilder& dense) {
    dense.add(node, identity, {dense.input(node).id}, dense.input(node));
}

}  // namespace overfeat::net::ops
