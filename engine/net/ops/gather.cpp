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

// Places are listed one by one, and no layer of a usual network is that long.
constexpr std::int64_t kMostPlaces = std::int64_t{1} << 20;

std::int64_t extentsBefore(const Shape& shape, int axis) {
    std::int64_t count = 1;
    for (int i = 0; i < axis; ++i)
        count *= shape[i];
    return count;
}

Tensor gathered(const Tensor& x, const Gather& gather) {
    Shape shape = x.shape();
    const std::int64_t extent = shape[gather.axis];
    shape[gather.axis] = static_cast<std::int64_t>(gather.indices.size());
    // However many rows there are of nothing.
    if (shape.elementCount() == 0) return Tensor(shape);
    const std::int64_t outer = extentsBefore(shape, gather.axis);
    std::vector<float> values;
    const std::int64_t run = x.shape().elementCount() / (outer * extent);
    for (std::int64_t row = 0; row < outer; ++row) {
        for (const std::int32_t index : gather.indices) {
            const auto from =
                x.values().subspan(static_cast<std::size_t>((row * extent + index) * run),
                                   static_cast<std::size_t>(run));
            values.insert(values.end(), from.begin(), from.end());
        }
    }
    return {shape, std::move(values)};
}

// Operand 0 after these, one after the other, and then under these extents if there are any.
ParsedNode gatheredNode(OnnxNode& node, const std::vector<Gather>& steps,
                        const std::optional<Shape>& extents, bool keeps_batch = false) {
    const OnnxOperand& x = node.operand(0);
    if (x.constant != nullptr) {
        Tensor result = copiedConstant(node, 0);
        for (const Gather& step : steps) {
            Shape shape = result.shape();
            shape[step.axis] = static_cast<std::int64_t>(step.indices.size());
            node.chargeConstant(shape);
            result = gathered(result, step);
        }
        const auto values = result.values();
        const Shape shape = extents.value_or(result.shape());
        return constantNode(Tensor(shape, {values.begin(), values.end()}), x.integral);
    }
    ParsedNode parsed{Identity{}, node.operandIds(1), {}};
    for (const Gather& step : steps) {
        // The list is in no file, so nothing else bounds it.
        node.chargeConstant(Shape{static_cast<std::int64_t>(step.indices.size())});
        parsed.then.emplace_back(step);
    }
    if (extents) {
        Reshape reshape{*extents};
        if (keeps_batch) reshape.shape[0] = 0;
        parsed.then.emplace_back(reshape);
    }
    if (parsed.then.empty()) return parsed;
    parsed.op = std::move(parsed.then.front());
    parsed.then.erase(parsed.then.begin());
    return parsed;
}

// Every place, once and in its order.
bool keepsAll(const Gather& gather, const Shape& x) {
    if (static_cast<std::int64_t>(gather.indices.size()) != x[gather.axis]) return false;
    for (std::size_t i = 0; i < gather.indices.size(); ++i)
        if (gather.indices[i] != static_cast<std::int32_t>(i)) return false;
    return true;
}

ParsedNode parseGather(OnnxNode& node) {
    const Shape& x = knownShape(node, 0);
    Gather gather;
    gather.axis = axisOf(node, node.integer("axis", 0), x.rank());
    const std::vector<std::int64_t> indices = wholeNumbers(node, 1);
    for (const std::int64_t index : indices) {
        const std::int64_t place = index < 0 ? index + x[gather.axis] : index;
        if (place < 0 || place >= x[gather.axis] || place > kMostPlaces) {
            node.refuse("looks for place " + std::to_string(index) + " along an axis of " +
                        std::to_string(x[gather.axis]) + ".");
        }
        gather.indices.push_back(static_cast<std::int32_t>(place));
    }
    const Shape& places = node.constantOperand(1)->shape();
    std::vector<Gather> steps;
    if (!keepsAll(gather, x)) steps.push_back(gather);
    if (places.rank() == 1) return gatheredNode(node, steps, std::nullopt);
    if (x.rank() - 1 + places.rank() > Shape::kMaxRank) {
        node.refuse("has more than 8 dimensions.");
    }
    Shape out;
    for (int axis = 0; axis < x.rank(); ++axis) {
        if (axis != gather.axis) {
            out.append(x[axis]);
        } else {
            for (const std::int64_t extent : places.dims())
                out.append(extent);
        }
    }
    return gatheredNode(node, steps, out, gather.axis > 0);
}

// Places from `begin` up to but without `end`, as Python counts them.
Gather sliced(OnnxNode& node, const Shape& x, int axis, std::int64_t begin, std::int64_t end,
              std::int64_t step) {
    const std::int64_t extent = x[axis];
    if (step == 0) node.refuse("has a step of 0.");
    if (extent > kMostPlaces) node.refuse("cuts an axis of more than 1048576.");
    Gather gather;
    gather.axis = axis;
    if (extent == 0) return gather;
    const auto fromFront = [&](std::int64_t place, std::int64_t least, std::int64_t most) {
        return std::clamp(place < 0 ? place + extent : place, least, most);
    };
    // No axis is longer, and sums of these cannot overflow.
    step = std::clamp(step, -kMostPlaces, kMostPlaces);
    if (step > 0) {
        const std::int64_t last = fromFront(end, 0, extent);
        for (std::int64_t i = fromFront(begin, 0, extent); i < last; i += step)
            gather.indices.push_back(static_cast<std::int32_t>(i));
    } else {
        const std::int64_t last = fromFront(end, -1, extent - 1);
        for (std::int64_t i = fromFront(begin, 0, extent - 1); i > last; i += step)
            gather.indices.push_back(static_cast<std::int32_t>(i));
    }
    return gather;
}

struct SliceBounds {
    std::vector<std::int64_t> begins, ends, axes, steps;
};

ParsedNode slicedNode(OnnxNode& node, const SliceBounds& bounds) {
    const Shape& x = knownShape(node, 0);
    const std::size_t count = bounds.begins.size();
    if (bounds.ends.size() != count || (!bounds.axes.empty() && bounds.axes.size() != count) ||
        (!bounds.steps.empty() && bounds.steps.size() != count)) {
        node.refuse("does not say the same number of beginnings, ends, axes and steps.");
    }
    std::vector<Gather> steps;
    std::vector<bool> seen(static_cast<std::size_t>(x.rank()));
    for (std::size_t i = 0; i < count; ++i) {
        const int axis = axisOf(
            node, bounds.axes.empty() ? static_cast<std::int64_t>(i) : bounds.axes[i], x.rank());
        if (seen[static_cast<std::size_t>(axis)]) node.refuse("names an axis twice.");
        seen[static_cast<std::size_t>(axis)] = true;
        Gather step = sliced(node, x, axis, bounds.begins[i], bounds.ends[i],
                             bounds.steps.empty() ? 1 : bounds.steps[i]);
        if (!keepsAll(step, x)) steps.push_back(std::move(step));
    }
    return gatheredNode(node, steps, std::nullopt);
}

ParsedNode parseSliceWithAttributes(OnnxNode& node) {
    return slicedNode(node,
                      {node.integers("starts"), node.integers("ends"), node.integers("axes"), {}});
}

ParsedNode parseSliceWithInputs(OnnxNode& node) {
    return slicedNode(node, {wholeNumbers(node, 1), wholeNumbers(node, 2), wholeNumbers(node, 3),
                             wholeNumbers(node, 4)});
}

// How long the parts are.
std::vector<std::int64_t> partLengths(OnnxNode& node, std::int64_t extent) {
    std::vector<std::int64_t> lengths =
        node.opset() < 13 ? node.integers("split") : wholeNumbers(node, 1);
    const auto parts = static_cast<std::int64_t>(node.outputCount());
    if (lengths.empty()) {
        if (node.integer("num_outputs", parts) != parts) {
            node.refuse("has another number of outputs than it says.");
        }
        const std::int64_t length = (extent + parts - 1) / parts;
        for (std::int64_t left = extent; left > 0; left -= length)
            lengths.push_back(std::min(length, left));
    }
    std::int64_t left = extent;
    for (const std::int64_t length : lengths) {
        if (length < 1 || length > left) node.refuse("has parts that do not fit its input.");
        left -= length;
    }
    if (left != 0 || static_cast<std::int64_t>(lengths.size()) != parts) {
        node.refuse("has parts that do not fit its input.");
    }
    return lengths;
}

ParsedNode parseSplit(OnnxNode& node) {
    const Shape& x = knownShape(node, 0);
    const int axis = axisOf(node, node.integer("axis", 0), x.rank());
    if (node.operand(0).constant != nullptr) node.refuse("splits a constant.");
    ParsedNode parsed{Identity{}, node.operandIds(1), {}};
    node.chargeConstant(Shape{x[axis]});
    std::int64_t begin = 0;
    for (const std::int64_t length : partLengths(node, x[axis])) {
        Op part = sliced(node, x, axis, begin, begin + length, 1);
        if (begin == 0) {
            parsed.op = std::move(part);
        } else {
            parsed.other_outputs.push_back(std::move(part));
        }
        begin += length;
    }
    return parsed;
}

}  // namespace

std::span<const OnnxOperator> gatherOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Gather", 7, 22, 2, 2, parseGather},
        OnnxOperator{"Slice", 7, 9, 1, 1, parseSliceWithAttributes},
        OnnxOperator{"Slice", 10, 22, 3, 5, parseSliceWithInputs},
        OnnxOperator{"Split", 7, 12, 1, 1, parseSplit},
        OnnxOperator{"Split", 13, 22, 1, 2, parseSplit},
    };
    return kRows;
}

const Signature& signature(const Gather& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Gather", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const Gather& gather, const Node& node, ShapeInputs in) {
    Shape out = *in[0];
    const int axis = resolvedAxis(node, gather.axis, out.rank(), out.rank() - 1);
    for (const std::int32_t index : gather.indices) {
        if (index < 0 || index >= out[axis]) {
            refuseNode(node, "looks for place " + std::to_string(index) + " along an axis of " +
                                 std::to_string(out[axis]) + ".");
        }
    }
    out[axis] = static_cast<std::int64_t>(gather.indices.size());
    return out;
}

void makeDense(const Gather& gather, const Node& node, DenseBuilder& dense) {
    if (gather.axis != 1) {
        cannotSlide(node, "picks places along another axis than the channels.");
    }
    const DenseValue in = dense.vectorOf(dense.input(node), dense.window().valueName(node.output));
    dense.add(node, gather, {in.id},
              {kNoValue, in.extent, static_cast<std::int64_t>(gather.indices.size()), in.flat});
}

}  // namespace overfeat::net::ops
