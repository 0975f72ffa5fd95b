// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"

namespace overfeat::net::ops {
namespace {

// Which axis of the input becomes axis i of the output; without the attribute they are reversed.
std::vector<int> permutation(OnnxNode& node, int rank) {
    const std::vector<std::int64_t> given = node.integers("perm");
    std::vector<int> axes;
    axes.reserve(static_cast<std::size_t>(rank));
    for (int i = 0; i < rank; ++i)
        axes.push_back(rank - 1 - i);
    if (given.empty()) return axes;
    std::ranges::sort(axes);
    if (!std::ranges::is_permutation(given, axes)) {
        node.refuse("has a 'perm' that does not name each of its " + std::to_string(rank) +
                    " axes once.");
    }
    std::ranges::transform(given, axes.begin(), [](auto axis) { return static_cast<int>(axis); });
    return axes;
}

Tensor transposed(const Tensor& tensor, const std::vector<int>& axes) {
    const Shape& from = tensor.shape();
    Shape shape;
    std::vector<std::size_t> steps;  // of an input element, along the axes of the output
    for (const int axis : axes) {
        std::size_t step = 1;
        for (int inner = axis + 1; inner < from.rank(); ++inner)
            step *= static_cast<std::size_t>(from[inner]);
        shape.append(from[axis]);
        steps.push_back(step);
    }
    std::vector<float> values(tensor.values().size());
    Shape at = shape;  // the position of the element that is written
    for (int axis = 0; axis < at.rank(); ++axis)
        at[axis] = 0;
    std::size_t source = 0;
    for (float& value : values) {
        value = tensor.values()[source];
        for (int axis = shape.rank() - 1; axis >= 0; --axis) {
            const std::size_t step = steps[static_cast<std::size_t>(axis)];
            source += step;
            if (++at[axis] < shape[axis]) break;
            source -= step * static_cast<std::size_t>(shape[axis]);
            at[axis] = 0;
        }
    }
    return {shape, std::move(values)};
}

ParsedNode parseTranspose(OnnxNode& node) {
    const OnnxOperand& operand = node.operand(0);
    const std::vector<int> axes = permutation(node, knownShape(node, 0).rank());
    if (operand.constant == nullptr) {
        if (std::ranges::is_sorted(axes)) return {Identity{}, node.operandIds(1), {}};
        return {Transpose{axes}, node.operandIds(1), {}};
    }
    node.chargeConstant(operand.constant->shape());
    return {Identity{},
            {},
            {std::make_shared<Tensor>(transposed(*operand.constant, axes)), operand.integral}};
}

}  // namespace

std::span<const OnnxOperator> transposeOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Transpose", 7, 22, 1, 1, parseTranspose},
    };
    return kRows;
}

const Signature& signature(const Transpose& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Transpose", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const Transpose& transpose, const Node& node, ShapeInputs in) {
    const Shape& x = *in[0];
    Shape out;
    std::vector<bool> seen(static_cast<std::size_t>(x.rank()));
    for (const int axis : transpose.axes) {
        if (axis < 0 || axis >= x.rank() || seen[static_cast<std::size_t>(axis)]) break;
        seen[static_cast<std::size_t>(axis)] = true;
        out.append(x[axis]);
    }
    if (out.rank() != x.rank() || transpose.axes.size() != seen.size()) {
        refuseNode(node, "reorders " + std::to_string(transpose.axes.size()) +
                             " axes, but its input is " + x.toString() + ".");
    }
    return out;
}

void makeDense(const Transpose& /*op*/, const Node& node, DenseBuilder& /*dense*/) {
    cannotSlide(node, "reorders the axes of the window.");
}

}  // namespace overfeat::net::ops
