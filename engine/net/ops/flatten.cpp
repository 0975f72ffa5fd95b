// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <span>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"

namespace overfeat::net::ops {
namespace {

ParsedNode parseFlatten(OnnxNode& node) {
    return {Flatten{axisAttribute(node, 1)}, node.operandIds(1), {}};
}

}  // namespace

std::span<const OnnxOperator> flattenOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Flatten", 7, 22, 1, 1, parseFlatten},
    };
    return kRows;
}

const Signature& signature(const Flatten& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Flatten", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const Flatten& flatten, const Node& node, ShapeInputs in) {
    const Shape& x = *in[0];
    const int axis = resolvedAxis(node, flatten.axis, x.rank(), x.rank());
    const auto count = [](std::span<const std::int64_t> dims) {
        return Shape(dims).elementCount();
    };
    const auto split = static_cast<std::size_t>(axis);
    return {count(x.dims().first(split)), count(x.dims().subspan(split))};
}

void makeDense(const Flatten& flatten, const Node& node, DenseBuilder& dense) {
    const int rank = dense.shapeOf(node.inputs.front()).rank();
    if ((flatten.axis < 0 ? flatten.axis + rank : flatten.axis) != 1) {
        cannotSlide(node, "flattens the batch as well.");
    }
    DenseValue result = dense.input(node);
    result.flat = true;
    dense.add(node, Identity{}, {dense.input(node).id}, result);
}

}  // namespace overfeat::net::ops
