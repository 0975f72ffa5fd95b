// SPDX-License-Identifier: Apache-2.0
//
// What exporters use to compute sizes. Nothing of it is left when the network runs.
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"

namespace overfeat::net::ops {
namespace {

ParsedNode parseShape(OnnxNode& node) {
    const Shape& x = knownShape(node, 0);
    const auto bound = [&](std::int64_t given) {
        return std::clamp<std::int64_t>(given < 0 ? given + x.rank() : given, 0, x.rank());
    };
    const auto first = static_cast<std::size_t>(bound(node.integer("start", 0)));
    const auto last = static_cast<std::size_t>(bound(node.integer("end", x.rank())));
    std::vector<float> extents;
    for (std::size_t axis = first; axis < last; ++axis)
        extents.push_back(wholeNumber(node, static_cast<double>(x.dims()[axis])));
    const Shape shape{static_cast<std::int64_t>(extents.size())};
    node.chargeConstant(shape);
    return constantNode(Tensor(shape, std::move(extents)), true);
}

// Numbers are floats here, whatever the file calls them; half precision is read as single.
ParsedNode parseCast(OnnxNode& node) {
    using Type = onnx::TensorProto;
    const std::int64_t to = node.integer("to", 0);
    node.integer("saturate", 1);  // says something of floats of 8 bits, which are refused
    const bool real = to == Type::FLOAT || to == Type::FLOAT16 || to == Type::DOUBLE;
    const bool whole = to == Type::INT64 || to == Type::INT32 || to == Type::BOOL;
    if (!real && !whole) node.refuse("casts to a type that is not supported.");
    const OnnxOperand& x = node.operand(0);
    if (x.constant == nullptr) {
        if (!real) node.refuse("makes integers of what the network computes.");
        return {Identity{}, node.operandIds(1), {}};
    }
    Tensor cast = copiedConstant(node, 0);
    for (float& value : cast.values()) {
        if (to == Type::BOOL) value = value != 0 ? 1.0F : 0.0F;
        if (whole) value = std::trunc(value);
    }
    return constantNode(std::move(cast), whole);
}

ParsedNode parseConstantOfShape(OnnxNode& node) {
    const std::vector<std::int64_t> extents = wholeNumbers(node, 0);
    if (extents.size() > Shape::kMaxRank ||
        std::ranges::any_of(extents, [](auto extent) { return extent < 0; })) {
        node.refuse("makes a constant of a shape that no tensor has.");
    }
    const Shape shape{std::span<const std::int64_t>(extents)};
    node.chargeConstant(shape);
    OnnxConstant filling;
    if (node.has("value")) filling = node.constantValue();
    if (filling.tensor && filling.tensor->values().size() != 1) {
        node.refuse("fills its constant with something else than one number.");
    }
    const float value = filling.tensor ? filling.tensor->values().front() : 0.0F;
    std::vector<float> values(static_cast<std::size_t>(shape.elementCount()), value);
    return constantNode(Tensor(shape, std::move(values)), filling.integral);
}

// The constants of all operands, each seen as a tensor of this shape.
template <class Compute>
ParsedNode foldedOver(OnnxNode& node, const Shape& shape, bool integral, Compute compute) {
    node.chargeConstant(shape);
    std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = compute(static_cast<std::int64_t>(i));
    return constantNode(Tensor(shape, std::move(values)), integral);
}

Shape commonShape(OnnxNode& node, const Shape& a, const Shape& b) {
    const auto shape = broadcastShape(a, b);
    if (!shape) node.refuse("cannot combine " + a.toString() + " and " + b.toString() + ".");
    return *shape;
}

const Tensor& known(OnnxNode& node, std::size_t operand) {
    return *node.constantOperand(operand);
}

ParsedNode parseExpand(OnnxNode& node) {
    const Tensor& x = known(node, 0);
    const std::vector<std::int64_t> extents = wholeNumbers(node, 1);
    if (extents.size() > Shape::kMaxRank ||
        std::ranges::any_of(extents, [](auto extent) { return extent < 1; })) {
        node.refuse("expands a constant to a shape that no tensor has.");
    }
    const Shape shape = commonShape(node, x.shape(), Shape(std::span<const std::int64_t>(extents)));
    return foldedOver(node, shape, node.operand(0).integral,
                      [&](std::int64_t i) { return broadcastElement(x, shape, i); });
}

ParsedNode parseEqual(OnnxNode& node) {
    const Tensor& a = known(node, 0);
    const Tensor& b = known(node, 1);
    const Shape shape = commonShape(node, a.shape(), b.shape());
    return foldedOver(node, shape, true, [&](std::int64_t i) {
        return broadcastElement(a, shape, i) == broadcastElement(b, shape, i) ? 1.0F : 0.0F;
    });
}

ParsedNode parseWhere(OnnxNode& node) {
    const Tensor& condition = known(node, 0);
    const Tensor& a = known(node, 1);
    const Tensor& b = known(node, 2);
    const Shape shape =
        commonShape(node, commonShape(node, a.shape(), b.shape()), condition.shape());
    const bool integral = node.operand(1).integral && node.operand(2).integral;
    return foldedOver(node, shape, integral, [&](std::int64_t i) {
        const bool first = broadcastElement(condition, shape, i) != 0;
        return broadcastElement(first ? a : b, shape, i);
    });
}

}  // namespace

std::span<const OnnxOperator> shapeOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Cast", 7, 22, 1, 1, parseCast},
        OnnxOperator{"ConstantOfShape", 9, 22, 1, 1, parseConstantOfShape},
        OnnxOperator{"Equal", 7, 22, 2, 2, parseEqual},
        OnnxOperator{"Expand", 8, 22, 2, 2, parseExpand},
        OnnxOperator{"Shape", 7, 22, 1, 1, parseShape},
        OnnxOperator{"Where", 9, 22, 3, 3, parseWhere},
    };
    return kRows;
}

}  // namespace overfeat::net::ops
