// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/net/ops/ops.h"

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
    if (operand.constant == nullptr) {
        node.refuse(
            "reorders the axes of what the network computes, which is not supported; only "
            "weights may be transposed.");
    }
    const std::vector<int> axes = permutation(node, operand.constant->shape().rank());
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

}  // namespace overfeat::net::ops
