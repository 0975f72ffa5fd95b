// SPDX-License-Identifier: Apache-2.0
#include "engine/net/ops/common.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/refusal.h"
#include "engine/net/shape_inference.h"

namespace overfeat::net::ops {
namespace {

// Sizes, axes and indices of usual networks are few.
constexpr std::size_t kMostWholeNumbers = std::size_t{1} << 20;

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

}  // namespace

Extent2 spatialPair(OnnxNode& node, std::string_view attribute, Extent2 fallback) {
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

SlidingWindow slidingWindow(OnnxNode& node, Extent2 kernel) {
    SlidingWindow window;
    window.kernel = kernel;
    window.stride = spatialPair(node, "strides", {1, 1});
    window.dilation = spatialPair(node, "dilations", {1, 1});
    window.padding = padding(node, window);
    return window;
}

int axisAttribute(OnnxNode& node, std::int64_t fallback) {
    const std::int64_t axis = node.integer("axis", fallback);
    if (axis < -Shape::kMaxRank || axis > Shape::kMaxRank) {
        node.refuse("works along axis " + std::to_string(axis) + ", which no tensor has.");
    }
    return static_cast<int>(axis);
}

std::optional<Shape> broadcastShape(const Shape& a, const Shape& b) {
    const int rank = std::max(a.rank(), b.rank());
    Shape out;
    for (int i = 0; i < rank; ++i) {
        const std::int64_t left = i < rank - a.rank() ? 1 : a[i - (rank - a.rank())];
        const std::int64_t right = i < rank - b.rank() ? 1 : b[i - (rank - b.rank())];
        if (left != right && left != 1 && right != 1) return std::nullopt;
        out.append(left == 1 ? right : left);
    }
    return out;
}

float broadcastElement(const Tensor& tensor, const Shape& shape, std::int64_t flat) {
    const Shape& own = tensor.shape();
    std::int64_t offset = 0;
    std::int64_t stride = 1;
    for (int axis = shape.rank() - 1; axis >= shape.rank() - own.rank(); --axis) {
        const std::int64_t extent = own[axis - (shape.rank() - own.rank())];
        if (extent != 1) offset += flat % shape[axis] * stride;
        flat /= shape[axis];
        stride *= extent;
    }
    return tensor.values()[static_cast<std::size_t>(offset)];
}

ParsedNode constantNode(Tensor tensor, bool integral) {
    return {Identity{}, {}, {std::make_shared<const Tensor>(std::move(tensor)), integral}};
}

Tensor copiedConstant(OnnxNode& node, std::size_t operand) {
    const Tensor& constant = *node.constantOperand(operand);
    node.chargeConstant(constant.shape());
    return constant;
}

std::vector<std::int64_t> wholeNumbers(OnnxNode& node, std::size_t operand) {
    constexpr float kLargest = 0x1p53F;
    std::vector<std::int64_t> numbers;
    const Tensor* constant = node.constantOperand(operand);
    if (constant == nullptr) return numbers;
    if (constant->values().size() > kMostWholeNumbers) {
        node.refuse("has too many numbers in its input " + std::to_string(operand) + ".");
    }
    for (const float value : constant->values()) {
        if (!(value == std::trunc(value))) {
            node.refuse("needs whole numbers as its input " + std::to_string(operand) + ".");
        }
        numbers.push_back(static_cast<std::int64_t>(std::clamp(value, -kLargest, kLargest)));
    }
    return numbers;
}

float wholeNumber(const OnnxNode& node, double value) {
    constexpr double kMost = 0x1p53;  // beyond, value itself may have been rounded
    const auto held = static_cast<float>(value);
    if (std::abs(value) <= kMost && double{held} == value) return held;
    const std::string shown = std::abs(value) <= kMost
                                  ? std::to_string(static_cast<std::int64_t>(value))
                                  : std::to_string(value);
    node.refuse("makes the whole number " + shown +
                ", which is too large to be computed with exactly.");
}

const Shape& knownShape(OnnxNode& node, std::size_t operand) {
    const auto& shape = node.operand(operand).shape;
    if (shape) return *shape;
    node.refuse(
        "depends on the size of its input, which the file leaves open; export the model with a "
        "fixed input size.");
}

int axisOf(OnnxNode& node, std::int64_t axis, int rank) {
    if (axis < -rank || axis >= rank) {
        node.refuse("works along axis " + std::to_string(axis) + ", but its input has only " +
                    std::to_string(rank) + " dimensions.");
    }
    return static_cast<int>(axis < 0 ? axis + rank : axis);
}

void requireRank(const Node& node, const Shape& shape, int rank, const char* what) {
    if (shape.rank() == rank) return;
    refuseNode(node, std::string("needs ") + what + " with " + std::to_string(rank) +
                         " dimensions, but it is " + shape.toString() + ".");
}

int resolvedAxis(const Node& node, int axis, int rank, int highest) {
    const int resolved = axis < 0 ? axis + rank : axis;
    if (resolved < 0 || resolved > highest) {
        refuseNode(node, "works along axis " + std::to_string(axis) + ", but its input has only " +
                             std::to_string(rank) + " dimensions.");
    }
    return resolved;
}

Extent2 slidExtent(const Node& node, const Shape& x, const SlidingWindow& window, bool ceil_mode) {
    requireRank(node, x, 4, "an input");
    const Extent2 covered = window.covered();
    const Extent2 out{windowPositions(x[2], window.padding.top, window.padding.bottom,
                                      covered.height, window.stride.height, ceil_mode),
                      windowPositions(x[3], window.padding.left, window.padding.right,
                                      covered.width, window.stride.width, ceil_mode)};
    if (out.height < 1 || out.width < 1) {
        refuseNode(node, "slides a window of " + std::to_string(covered.height) + "x" +
                             std::to_string(covered.width) + " over an input of " + x.toString() +
                             ", which is too small for it.");
    }
    return out;
}

}  // namespace overfeat::net::ops
