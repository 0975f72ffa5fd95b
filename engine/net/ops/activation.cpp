// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"

namespace overfeat::net::ops {
namespace {

ParsedNode activation(OnnxNode& node, Activation bounds) {
    // Exporters write "no bound" as the largest float.
    if (bounds.low <= std::numeric_limits<float>::lowest()) bounds.low = Activation{}.low;
    if (bounds.high >= std::numeric_limits<float>::max()) bounds.high = Activation{}.high;
    if (std::isnan(bounds.low) || std::isnan(bounds.high)) node.refuse("has a bound that is NaN.");
    if (bounds.isNone()) return {Identity{}, node.operandIds(1), {}};
    if (const OnnxOperand& given = node.operand(0); given.constant != nullptr) {
        Tensor clipped = copiedConstant(node, 0);
        for (float& value : clipped.values())
            value = std::min(std::max(value, bounds.low), bounds.high);
        return constantNode(std::move(clipped), given.integral);
    }
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

template <Curve kCurve>
ParsedNode parseCurve(OnnxNode& node) {
    return {Activate{Activation::of(kCurve)}, node.operandIds(1), {}};
}

// Of sizes it is known at once.
template <Curve kCurve>
ParsedNode parseFoldable(OnnxNode& node) {
    const OnnxOperand& given = node.operand(0);
    if (given.constant == nullptr) return parseCurve<kCurve>(node);
    Tensor computed = copiedConstant(node, 0);
    for (float& value : computed.values()) {
        if constexpr (kCurve == Curve::kCeil) value = std::ceil(value);
        if constexpr (kCurve == Curve::kFloor) value = std::floor(value);
        if constexpr (kCurve == Curve::kSqrt) value = std::sqrt(value);
    }
    return constantNode(std::move(computed), given.integral);
}

ParsedNode parseHardSigmoid(OnnxNode& node) {
    const Activation hard{.curve = Curve::kHardSigmoid,
                          .slope = node.real("alpha", 0.2F),
                          .offset = node.real("beta", 0.5F)};
    if (!std::isfinite(hard.slope) || !std::isfinite(hard.offset)) {
        node.refuse("has a factor that is not finite.");
    }
    return {Activate{hard}, node.operandIds(1), {}};
}

ParsedNode parseLeakyRelu(OnnxNode& node) {
    const Activation leaky{.curve = Curve::kLeakyRelu, .slope = node.real("alpha", 0.01F)};
    if (!std::isfinite(leaky.slope)) node.refuse("has a factor that is not finite.");
    return {Activate{leaky}, node.operandIds(1), {}};
}

ParsedNode parseGelu(OnnxNode& node) {
    if (node.text("approximate", "none") != "none") {
        node.refuse("approximates by a tanh, which is not supported; export it without.");
    }
    return {Activate{Activation::of(Curve::kGelu)}, node.operandIds(1), {}};
}

}  // namespace

std::span<const OnnxOperator> activationOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Ceil", 7, 22, 1, 1, parseFoldable<Curve::kCeil>},
        OnnxOperator{"Clip", 7, 10, 1, 1, parseClipWithAttributes},
        OnnxOperator{"Clip", 11, 22, 1, 3, parseClipWithInputs},
        OnnxOperator{"Erf", 9, 22, 1, 1, parseCurve<Curve::kErf>},
        OnnxOperator{"Floor", 7, 22, 1, 1, parseFoldable<Curve::kFloor>},
        OnnxOperator{"Gelu", 20, 22, 1, 1, parseGelu},
        OnnxOperator{"HardSigmoid", 6, 22, 1, 1, parseHardSigmoid},
        OnnxOperator{"HardSwish", 14, 22, 1, 1, parseCurve<Curve::kHardSwish>},
        OnnxOperator{"LeakyRelu", 7, 22, 1, 1, parseLeakyRelu},
        OnnxOperator{"Relu", 7, 22, 1, 1, parseRelu},
        OnnxOperator{"Sigmoid", 7, 22, 1, 1, parseCurve<Curve::kSigmoid>},
        OnnxOperator{"Sqrt", 7, 22, 1, 1, parseFoldable<Curve::kSqrt>},
        OnnxOperator{"Tanh", 7, 22, 1, 1, parseCurve<Curve::kTanh>},
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
