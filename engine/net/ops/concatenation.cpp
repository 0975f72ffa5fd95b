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

namespace overfeat::net::ops {
namespace {

// Sizes that are put together from others.
ParsedNode joinedConstants(OnnxNode& node, std::int64_t given_axis) {
    const Shape& first = node.operand(0).constant->shape();
    const int axis = axisOf(node, given_axis, first.rank());
    Shape shape = first;
    shape[axis] = 0;
    bool integral = true;
    for (std::size_t i = 0; i < node.operandCount(); ++i) {
        Shape next = node.operand(i).constant->shape();
        const std::int64_t extent = next.rank() == first.rank() ? next[axis] : -1;
        if (extent >= 0) next[axis] = first[axis];
        if (!(next == first)) {
            node.refuse("cannot join " + first.toString() + " and " +
                        node.operand(i).constant->shape().toString() + ".");
        }
        if (__builtin_add_overflow(shape[axis], extent, &shape[axis])) {
            node.refuse("makes an axis that is too long to be counted.");
        }
        integral = integral && node.operand(i).integral;
    }
    node.chargeConstant(shape);
    // However many rows there are of nothing.
    if (shape.elementCount() == 0) return constantNode(Tensor(shape), integral);
    std::int64_t outer = 1;
    for (int i = 0; i < axis; ++i)
        outer *= shape[i];
    std::vector<float> values;
    for (std::int64_t row = 0; row < outer; ++row) {
        for (std::size_t i = 0; i < node.operandCount(); ++i) {
            const auto from = node.operand(i).constant->values();
            const std::size_t run = from.size() / static_cast<std::size_t>(outer);
            const auto part = from.subspan(static_cast<std::size_t>(row) * run, run);
            values.insert(values.end(), part.begin(), part.end());
        }
    }
    return constantNode(Tensor(shape, std::move(values)), integral);
}

ParsedNode parseConcat(OnnxNode& node) {
    if (!node.has("axis")) node.refuse("has no 'axis'.");
    const int axis = axisAttribute(node, 1);
    bool all_known = true;
    for (std::size_t i = 0; i < node.operandCount(); ++i)
        all_known = all_known && node.operand(i).constant != nullptr;
    if (all_known) return joinedConstants(node, axis);
    return {Concat{axis}, node.operandIds(node.operandCount()), {}};
}

}  // namespace

std::span<const OnnxOperator> concatenationOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Concat", 7, 22, 1, kAnyNumber, parseConcat},
    };
    return kRows;
}

const Signature& signature(const Concat& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Concat", .min_inputs = 1, .max_inputs = 1024};
    return kSignature;
}

Shape outputShape(const Concat& concat, const Node& node, ShapeInputs in) {
    Shape out = *in[0];
    const int axis = resolvedAxis(node, concat.axis, out.rank(), out.rank() - 1);
    for (std::size_t i = 1; i < in.size(); ++i) {
        const Shape& next = *in[i];
        bool fits = next.rank() == out.rank();
        for (int d = 0; fits && d < out.rank(); ++d)
            fits = d == axis || next[d] == out[d];
        if (!fits) {
            refuseNode(node, "cannot join " + in[0]->toString() + " and " + next.toString() +
                                 " along axis " + std::to_string(axis) + ".");
        }
        out[axis] += next[axis];
    }
    return out;
}

void makeDense(const Concat& concat, const Node& node, DenseBuilder& dense) {
    const int rank = dense.shapeOf(node.output).rank();
    if ((concat.axis < 0 ? concat.axis + rank : concat.axis) != 1) {
        cannotSlide(node, "joins its inputs along another axis than the channels.");
    }
    std::vector<ValueId> inputs;
    DenseValue result;
    for (const ValueId id : node.inputs) {
        if (dense.value(id).id == kNoValue) cannotSlide(node, "joins a constant to a map.");
        const DenseValue next =
            dense.vectorOf(dense.value(id), dense.window().valueName(node.output) + "." +
                                                std::to_string(inputs.size()));
        if (!inputs.empty() && (!(next.extent == result.extent) || next.flat != result.flat)) {
            cannotSlide(node, "joins maps of different extents.");
        }
        result = {kNoValue, next.extent, result.channels + next.channels, next.flat};
        inputs.push_back(next.id);
    }
    dense.add(node, Concat{.axis = 1}, std::move(inputs), result);
}

}  // namespace overfeat::net::ops
