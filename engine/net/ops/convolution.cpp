// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"
#include "engine/net/shape_inference.h"

namespace overfeat::net::ops {
namespace {

ParsedNode parseConv(OnnxNode& node) {
    const Tensor* weights = node.constantOperand(1);
    node.constantOperand(2);
    if (weights == nullptr) node.refuse("has no weights.");
    if (weights->shape().rank() != 4) {
        node.refuse("has weights of " + weights->shape().toString() +
                    "; only two-dimensional convolutions are supported.");
    }
    const Extent2 extent{weights->shape()[2], weights->shape()[3]};
    const Extent2 kernel = spatialPair(node, "kernel_shape", extent);
    if (!(kernel == extent)) {
        node.refuse("has a 'kernel_shape' that differs from its weights of " +
                    weights->shape().toString() + ".");
    }
    if (extent.height < 1 || extent.width < 1 || extent.height > kMaxWindowExtent ||
        extent.width > kMaxWindowExtent) {
        node.refuse("has weights of " + weights->shape().toString() + ".");
    }
    Conv conv;
    conv.groups = node.integer("group", 1);
    if (conv.groups < 1 || conv.groups > kMaxGroups) {
        node.refuse("has fewer than one group or more than 16777216.");
    }
    conv.window = slidingWindow(node, kernel);
    return {conv, node.operandIds(3), {}};
}

}  // namespace

std::span<const OnnxOperator> convolutionOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Conv", 7, 22, 2, 3, parseConv},
    };
    return kRows;
}

const Signature& signature(const Conv& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Conv",
                                          .min_inputs = 3,
                                          .max_inputs = 4,
                                          .first_constant = 1,
                                          .last_constant = 2,
                                          .may_be_absent = 2};
    return kSignature;
}

Shape outputShape(const Conv& conv, const Node& node, ShapeInputs in) {
    const Shape& x = *in[0];
    const Shape& weight = *in[1];
    requireRank(node, x, 4, "an input");
    requireRank(node, weight, 4, "weights");
    if (weight[2] != conv.window.kernel.height || weight[3] != conv.window.kernel.width) {
        refuseNode(node, "has weights of " + weight.toString() + " for a kernel of " +
                             std::to_string(conv.window.kernel.height) + "x" +
                             std::to_string(conv.window.kernel.width) + ".");
    }
    // Divided instead of multiplied: both come from the file.
    if (conv.groups < 1 || x[1] % conv.groups != 0 || weight[1] != x[1] / conv.groups ||
        weight[0] < 1 || weight[0] % conv.groups != 0) {
        refuseNode(node, "has weights of " + weight.toString() + " in " +
                             std::to_string(conv.groups) +
                             " group(s), which do not fit its input of " + x.toString() + ".");
    }
    if (in[2] != nullptr && !(*in[2] == Shape{weight[0]})) {
        refuseNode(node, "has " + std::to_string(weight[0]) + " output channels but a bias of " +
                             in[2]->toString() + ".");
    }
    const Extent2 out = slidExtent(node, x, conv.window, false);
    const Shape shape{x[0], weight[0], out.height, out.width};
    if (in.size() > 3 && !(*in[3] == shape)) {
        refuseNode(node, "adds a residual of " + in[3]->toString() + " to an output of " +
                             shape.toString() + ".");
    }
    return shape;
}

void makeDense(const Conv& given, const Node& node, DenseBuilder& dense) {
    Conv conv = given;
    dense.requireMap(node);
    const DenseValue result = dense.slide(node, conv.window);
    std::vector<ValueId> inputs = node.inputs;
    inputs.front() = dense.input(node).id;
    if (inputs.size() == 4) {
        const DenseValue& residual = dense.value(inputs[3]);
        if (residual.id == kNoValue || residual.flat) {
            cannotSlide(node, "adds something that is not a map.");
        }
        inputs[3] = residual.id;
    }
    dense.add(node, conv, std::move(inputs), result);
}

}  // namespace overfeat::net::ops
