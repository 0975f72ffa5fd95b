// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"

namespace overfeat::net::ops {
namespace {

// The extents that `wanted` means for `x`; nothing if it does not hold as many numbers.
std::optional<Shape> extents(const Shape& wanted, const Shape& x) {
    Shape out;
    int open = -1;
    std::int64_t known = 1;
    for (int axis = 0; axis < wanted.rank(); ++axis) {
        std::int64_t extent = wanted[axis];
        if (extent == 0 && axis < x.rank()) extent = x[axis];
        if (extent == -1 && open < 0) {
            open = axis;
        } else if (extent < 1 || __builtin_mul_overflow(known, extent, &known)) {
            return std::nullopt;
        }
        out.append(extent);
    }
    const std::int64_t count = x.elementCount();
    if (open >= 0) {
        if (count % known != 0) return std::nullopt;
        out[open] = count / known;
    } else if (known != count) {
        return std::nullopt;
    }
    return out;
}

// Operand 0 under other extents.
ParsedNode reshaped(OnnxNode& node, Shape wanted) {
    const OnnxOperand& x = node.operand(0);
    if (x.shape) {
        const auto out = extents(wanted, *x.shape);
        if (!out) {
            node.refuse("cannot give its input of " + x.shape->toString() + " the extents " +
                        wanted.toString() + ".");
        }
        if (x.constant != nullptr) {
            Tensor copy = copiedConstant(node, 0);
            const auto values = copy.values();
            return constantNode(Tensor(*out, {values.begin(), values.end()}), x.integral);
        }
        const bool keeps_batch =
            out->rank() > 0 && x.shape->rank() > 0 && (*out)[0] == (*x.shape)[0];
        if (*out == *x.shape) return {Identity{}, node.operandIds(1), {}};
        if (keeps_batch && out->rank() == 2 && x.shape->rank() > 1) {
            return {Flatten{.axis = 1}, node.operandIds(1), {}};
        }
        // A batch of one was written down because the network was exported for one picture.
        if (keeps_batch) {
            wanted = *out;
            wanted[0] = 0;
        }
    }
    return {Reshape{wanted}, node.operandIds(1), {}};
}

ParsedNode parseReshape(OnnxNode& node) {
    const std::vector<std::int64_t> wanted = wholeNumbers(node, 1);
    if (node.flag("allowzero", false) && std::ranges::count(wanted, 0) > 0) {
        node.refuse("asks for a tensor without any numbers.");
    }
    if (wanted.size() > Shape::kMaxRank) node.refuse("has more than 8 dimensions.");
    if (std::ranges::any_of(wanted, [](auto extent) { return extent < -1; })) {
        node.refuse("asks for a negative dimension.");
    }
    return reshaped(node, Shape(std::span<const std::int64_t>(wanted)));
}

// The axes of Squeeze and Unsqueeze: an attribute, since opset 13 an input.
std::vector<std::int64_t> namedAxes(OnnxNode& node) {
    return node.opset() < 13 ? node.integers("axes") : wholeNumbers(node, 1);
}

ParsedNode parseSqueeze(OnnxNode& node) {
    const Shape& x = knownShape(node, 0);
    std::vector<bool> dropped(static_cast<std::size_t>(x.rank()));
    const std::vector<std::int64_t> axes = namedAxes(node);
    // The first axis of what the network computes is the batch, which is one only in the file.
    const int first = node.operand(0).constant == nullptr ? 1 : 0;
    for (const std::int64_t axis : axes)
        dropped[static_cast<std::size_t>(axisOf(node, axis, x.rank()))] = true;
    Shape out;
    for (int axis = 0; axis < x.rank(); ++axis) {
        const bool drop = axes.empty() ? x[axis] == 1 && axis >= first
                                       : bool{dropped[static_cast<std::size_t>(axis)]};
        if (drop && x[axis] != 1) {
            node.refuse("cannot leave out axis " + std::to_string(axis) + " of " + x.toString() +
                        ".");
        }
        if (!drop) out.append(x[axis]);
    }
    return reshaped(node, out);
}

ParsedNode parseUnsqueeze(OnnxNode& node) {
    const Shape& x = knownShape(node, 0);
    const std::vector<std::int64_t> axes = namedAxes(node);
    const int rank = x.rank() + static_cast<int>(std::min<std::size_t>(axes.size(), 99));
    if (rank > Shape::kMaxRank) node.refuse("has more than 8 dimensions.");
    std::vector<bool> added(static_cast<std::size_t>(rank));
    for (const std::int64_t axis : axes) {
        const auto at = static_cast<std::size_t>(axisOf(node, axis, rank));
        if (added[at]) node.refuse("names an axis twice.");
        added[at] = true;
    }
    Shape out;
    int from = 0;
    for (const bool is_new : added)
        out.append(is_new ? 1 : x[from++]);
    return reshaped(node, out);
}

}  // namespace

std::span<const OnnxOperator> reshapeOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Reshape", 7, 22, 2, 2, parseReshape},
        OnnxOperator{"Squeeze", 7, 12, 1, 1, parseSqueeze},
        OnnxOperator{"Squeeze", 13, 22, 1, 2, parseSqueeze},
        OnnxOperator{"Unsqueeze", 7, 12, 1, 1, parseUnsqueeze},
        OnnxOperator{"Unsqueeze", 13, 22, 2, 2, parseUnsqueeze},
    };
    return kRows;
}

const Signature& signature(const Reshape& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Reshape", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const Reshape& reshape, const Node& node, ShapeInputs in) {
    const auto out = extents(reshape.shape, *in[0]);
    if (out) return *out;
    refuseNode(node, "cannot give its input of " + in[0]->toString() + " the extents " +
                         reshape.shape.toString() + ".");
}

void makeDense(const Reshape& /*op*/, const Node& node, DenseBuilder& dense) {
    const DenseValue in = dense.input(node);
    const Shape& out = dense.shapeOf(node.output);
    // One vector per window is a picture of one cell; a flattened map is a map again.
    const Shape map{out.rank() > 0 ? out[0] : 1, in.channels, in.extent.height, in.extent.width};
    if (!(out == map)) {
        cannotSlide(node, "arranges the channels and cells of the window in another way.");
    }
    dense.add(node, Identity{}, {in.id}, {kNoValue, in.extent, in.channels, false});
}

}  // namespace overfeat::net::ops
