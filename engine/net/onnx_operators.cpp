// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_operators.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"
#include "engine/net/shape_inference.h"

namespace overfeat::net {
namespace {

constexpr int kAny = 2'147'483'647;  // inputs

// The two numbers of a spatial attribute, height first.
Extent2 pair(OnnxNode& node, std::string_view attribute, Extent2 fallback) {
    const std::vector<std::int64_t> numbers = node.integers(attribute);
    if (numbers.empty()) return fallback;
    if (numbers.size() != 2) {
        node.refuse("has " + std::to_string(numbers.size()) + " numbers in " + inQuotes(attribute) +
                    "; only two-dimensional pictures are supported.");
    }
    for (const std::int64_t number : numbers) {
        if (number < 1 || number > kMaxWindowExtent) {
            node.refuse("has a number outside 1..65536 in " + inQuotes(attribute) + ".");
        }
    }
    return {numbers[0], numbers[1]};
}

struct SidePadding {
    std::int64_t before = 0;
    std::int64_t after = 0;
};

// ONNX "SAME": as many outputs as input / stride, rounded up; an odd padding pixel goes to the end
// (SAME_UPPER) or the beginning (SAME_LOWER).
SidePadding samePadding(std::int64_t input, std::int64_t covered, std::int64_t stride,
                        bool extra_at_end) {
    const std::int64_t outputs = (input + stride - 1) / stride;
    const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + covered - input, 0);
    const std::int64_t smaller = total / 2;
    return extra_at_end ? SidePadding{smaller, total - smaller}
                        : SidePadding{total - smaller, smaller};
}

Padding2 padding(OnnxNode& node, const SlidingWindow& window) {
    const std::string mode = node.text("auto_pad", "NOTSET");
    const std::vector<std::int64_t> pads = node.integers("pads");
    if (mode == "NOTSET" || mode.empty()) {
        if (pads.empty()) return {};
        if (pads.size() != 4) {
            node.refuse("has " + std::to_string(pads.size()) +
                        " paddings; only two-dimensional pictures (four paddings) are supported.");
        }
        for (const std::int64_t side : pads) {
            if (side < 0 || side > kMaxWindowExtent) {
                node.refuse("has a padding outside 0..65536.");
            }
        }
        return {.top = pads[0], .left = pads[1], .bottom = pads[2], .right = pads[3]};
    }
    if (std::ranges::any_of(pads, [](std::int64_t side) { return side != 0; })) {
        node.refuse("has both 'auto_pad' and 'pads'.");
    }
    if (mode == "VALID") return {};
    if (mode != "SAME_UPPER" && mode != "SAME_LOWER") {
        node.refuse("has the unknown 'auto_pad' " + inQuotes(mode) + ".");
    }
    const std::optional<Shape>& shape = node.operand(0).shape;
    const bool known = shape && shape->rank() == 4;
    if (!known && !(window.stride == Extent2{1, 1})) {
        node.refuse(
            "pads to the 'same' size, which depends on the size of the input, and the file leaves "
            "that open; export the model with a fixed input size.");
    }
    // With stride 1 the padding is the same for every input that is larger than the window.
    const Extent2 covered = window.covered();
    const Extent2 input = known ? Extent2{(*shape)[2], (*shape)[3]} : covered;
    const bool extra_at_end = mode == "SAME_UPPER";
    const SidePadding y =
        samePadding(input.height, covered.height, window.stride.height, extra_at_end);
    const SidePadding x =
        samePadding(input.width, covered.width, window.stride.width, extra_at_end);
    return {.top = y.before, .left = x.before, .bottom = y.after, .right = x.after};
}

SlidingWindow slidingWindow(OnnxNode& node, Extent2 kernel) {
    SlidingWindow window;
    window.kernel = kernel;
    window.stride = pair(node, "strides", {1, 1});
    window.dilation = pair(node, "dilations", {1, 1});
    window.padding = padding(node, window);
    return window;
}

SlidingWindow poolingWindow(OnnxNode& node) {
    if (!node.has("kernel_shape")) node.refuse("has no 'kernel_shape'.");
    return slidingWindow(node, pair(node, "kernel_shape", {1, 1}));
}

ParsedNode parseConv(OnnxNode& node) {
    const Tensor* weights = node.constantOperand(1);
    node.constantOperand(2);
    if (weights == nullptr) node.refuse("has no weights.");
    if (weights->shape().rank() != 4) {
        node.refuse("has weights of " + weights->shape().toString() +
                    "; only two-dimensional convolutions are supported.");
    }
    const Extent2 extent{weights->shape()[2], weights->shape()[3]};
    const Extent2 kernel = pair(node, "kernel_shape", extent);
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

ParsedNode parseMaxPool(OnnxNode& node) {
    node.ignore("storage_order");  // of the second output, which is refused where it is used
    const bool ceil_mode = node.flag("ceil_mode", false);
    return {MaxPool{.window = poolingWindow(node), .ceil_mode = ceil_mode}, node.operandIds(1), {}};
}

ParsedNode parseAveragePool(OnnxNode& node) {
    AveragePool pool;
    pool.ceil_mode = node.flag("ceil_mode", false);
    pool.count_include_padding = node.flag("count_include_pad", false);
    pool.window = poolingWindow(node);
    return {pool, node.operandIds(1), {}};
}

ParsedNode parseGlobalAveragePool(OnnxNode& node) {
    return {GlobalAveragePool{}, node.operandIds(1), {}};
}

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

ParsedNode parseAdd(OnnxNode& node) {
    return {Add{}, node.operandIds(2), {}};
}

int axisAttribute(OnnxNode& node, std::int64_t fallback) {
    const std::int64_t axis = node.integer("axis", fallback);
    if (axis < -Shape::kMaxRank || axis > Shape::kMaxRank) {
        node.refuse("works along axis " + std::to_string(axis) + ", which no tensor has.");
    }
    return static_cast<int>(axis);
}

ParsedNode parseConcat(OnnxNode& node) {
    if (!node.has("axis")) node.refuse("has no 'axis'.");
    const int axis = axisAttribute(node, 1);
    return {Concat{axis}, node.operandIds(node.operandCount()), {}};
}

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

ParsedNode parseFlatten(OnnxNode& node) {
    return {Flatten{axisAttribute(node, 1)}, node.operandIds(1), {}};
}

ParsedNode parseFlatteningSoftmax(OnnxNode& node) {
    const int axis = axisAttribute(node, 1);
    return {Softmax{.axis = axis, .flattens_from_axis = true}, node.operandIds(1), {}};
}

ParsedNode parseSoftmax(OnnxNode& node) {
    return {Softmax{.axis = axisAttribute(node, -1)}, node.operandIds(1), {}};
}

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

// name, first and last opset, fewest and most inputs, parse function; sorted by name.
constexpr std::array kOperators{
    OnnxOperator{"Add", 7, 18, 2, 2, parseAdd},
    OnnxOperator{"AveragePool", 7, 18, 1, 1, parseAveragePool},
    OnnxOperator{"BatchNormalization", 7, 18, 5, 5, parseBatchNormalization},
    OnnxOperator{"Clip", 7, 10, 1, 1, parseClipWithAttributes},
    OnnxOperator{"Clip", 11, 18, 1, 3, parseClipWithInputs},
    OnnxOperator{"Concat", 7, 18, 1, kAny, parseConcat},
    OnnxOperator{"Constant", 7, 18, 0, 0, parseConstant},
    OnnxOperator{"Conv", 7, 18, 2, 3, parseConv},
    OnnxOperator{"Dropout", 7, 11, 1, 1, parseDropout},
    OnnxOperator{"Dropout", 12, 18, 1, 3, parseDropout},
    OnnxOperator{"Flatten", 7, 18, 1, 1, parseFlatten},
    OnnxOperator{"Gemm", 7, 10, 3, 3, parseGemm},
    OnnxOperator{"Gemm", 11, 18, 2, 3, parseGemm},
    OnnxOperator{"GlobalAveragePool", 1, 18, 1, 1, parseGlobalAveragePool},
    OnnxOperator{"Identity", 1, 18, 1, 1, parseIdentity},
    OnnxOperator{"MaxPool", 7, 18, 1, 1, parseMaxPool},
    OnnxOperator{"Relu", 7, 18, 1, 1, parseRelu},
    OnnxOperator{"Softmax", 7, 12, 1, 1, parseFlatteningSoftmax},
    OnnxOperator{"Softmax", 13, 18, 1, 1, parseSoftmax},
    OnnxOperator{"Transpose", 7, 18, 1, 1, ops::parseTranspose},
};

}  // namespace

std::span<const OnnxOperator> onnxOperators() noexcept {
    return kOperators;
}

const OnnxOperator* findOnnxOperator(std::string_view name, int opset) noexcept {
    const auto found = std::ranges::find_if(kOperators, [&](const OnnxOperator& row) {
        return row.name == name && row.first_opset <= opset && opset <= row.last_opset;
    });
    return found == kOperators.end() ? nullptr : &*found;
}

}  // namespace overfeat::net
