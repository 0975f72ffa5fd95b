// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"

namespace overfeat::net::ops {
namespace {

ParsedNode parseGemm(OnnxNode& node) {
    node.constantOperand(1);
    node.constantOperand(2);
    Gemm gemm;
    gemm.alpha = node.real("alpha", gemm.alpha);
    gemm.beta = node.real("beta", gemm.beta);
    gemm.transpose_a = node.flag("transA", false);
    gemm.transpose_b = node.flag("transB", false);
    if (!std::isfinite(gemm.alpha) || !std::isfinite(gemm.beta)) {
        node.refuse("has a factor that is not finite.");
    }
    return {gemm, node.operandIds(3), {}};
}

ParsedNode parseMatMul(OnnxNode& node) {
    return {MatMul{}, node.operandIds(2), {}};
}

}  // namespace

std::span<const OnnxOperator> productOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Gemm", 7, 10, 3, 3, parseGemm},
        OnnxOperator{"Gemm", 11, 22, 2, 3, parseGemm},
        OnnxOperator{"MatMul", 7, 22, 2, 2, parseMatMul},
    };
    return kRows;
}

const Signature& signature(const Gemm& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Gemm",
                                          .min_inputs = 3,
                                          .max_inputs = 3,
                                          .first_constant = 1,
                                          .last_constant = 2,
                                          .may_be_absent = 2};
    return kSignature;
}

Shape outputShape(const Gemm& gemm, const Node& node, ShapeInputs in) {
    requireRank(node, *in[0], 2, "an input");
    requireRank(node, *in[1], 2, "weights");
    const Shape& a = *in[0];
    const Shape& b = *in[1];
    const std::int64_t rows = a[gemm.transpose_a ? 1 : 0];
    const std::int64_t inner = a[gemm.transpose_a ? 0 : 1];
    const std::int64_t columns = b[gemm.transpose_b ? 0 : 1];
    if (inner != b[gemm.transpose_b ? 1 : 0]) {
        refuseNode(node, "cannot multiply " + a.toString() + " by " + b.toString() + ".");
    }
    if (in[2] != nullptr) {
        const Shape& c = *in[2];
        bool fits = c.rank() <= 2;
        if (fits && c.rank() >= 1) fits = c[c.rank() - 1] == columns || c[c.rank() - 1] == 1;
        if (fits && c.rank() == 2) fits = c[0] == rows || c[0] == 1;
        if (!fits) {
            refuseNode(node, "adds " + c.toString() + " to a product of " +
                                 Shape{rows, columns}.toString() + ".");
        }
    }
    return {rows, columns};
}

void makeDense(const Gemm& gemm, const Node& node, DenseBuilder& dense) {
    const DenseValue& in = dense.input(node);
    if (in.id == kNoValue || !in.flat || gemm.transpose_a) {
        cannotSlide(node, "does not multiply one vector per window by its weights.");
    }
    const std::string name = dense.window().valueName(node.output);
    const Tensor& weight = *dense.window().constant(node.inputs[1]);
    const std::int64_t outputs = dense.shapeOf(node.output)[1];
    const std::int64_t features = weight.shape().elementCount() / outputs;
    // A flattened map lists its channels' rows one after the other, which is the order of a
    // convolution's weights as well.
    const auto kernel = [&] {
        Tensor made(Shape{outputs, in.channels, in.extent.height, in.extent.width});
        for (std::int64_t o = 0; o < outputs; ++o) {
            for (std::int64_t f = 0; f < features; ++f) {
                const std::int64_t at = gemm.transpose_b ? o * features + f : f * outputs + o;
                made.values()[static_cast<std::size_t>(o * features + f)] =
                    gemm.alpha * weight.values()[static_cast<std::size_t>(at)];
            }
        }
        return made;
    };
    ValueId bias = kNoValue;
    if (node.inputs[2] != kNoValue) {
        const Tensor& addend = *dense.window().constant(node.inputs[2]);
        Tensor biases(Shape{outputs});
        const bool one = addend.values().size() == 1;
        for (std::size_t o = 0; o < biases.values().size(); ++o)
            biases.values()[o] = gemm.beta * addend.values()[one ? 0 : o];
        bias = dense.addConstant(name + ".dense_bias", std::move(biases));
    }
    const ValueId weights = dense.kernelOf(
        {.matrix = node.inputs[1], .alpha = gemm.alpha, .transposed = gemm.transpose_b, .in = in},
        name + ".dense_weight", kernel);
    dense.add(node, Conv{.window = {.kernel = in.extent}}, {in.id, weights, bias},
              {kNoValue, {1, 1}, outputs, true});
}

const Signature& signature(const MatMul& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "MatMul", .min_inputs = 2, .max_inputs = 2};
    return kSignature;
}

Shape outputShape(const MatMul& /*op*/, const Node& node, ShapeInputs in) {
    const Shape& a = *in[0];
    const Shape& b = *in[1];
    std::optional<Shape> out;
    if (a.rank() >= 2 && b.rank() >= 2 && a[a.rank() - 1] == b[b.rank() - 2]) {
        // All but the last two axes are the batch's.
        const auto batch = [](const Shape& of) {
            return Shape(of.dims().first(static_cast<std::size_t>(of.rank() - 2)));
        };
        out = broadcastShape(batch(a), batch(b));
    }
    if (!out) refuseNode(node, "cannot multiply " + a.toString() + " by " + b.toString() + ".");
    out->append(a[a.rank() - 2]);
    out->append(b[b.rank() - 1]);
    return *out;
}

void makeDense(const MatMul& /*op*/, const Node& node, DenseBuilder& /*dense*/) {
    cannotSlide(node, "multiplies cells of the window with one another (attention).");
}

}  // namespace overfeat::net::ops
