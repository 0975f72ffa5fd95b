// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/net/dense_builder.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"
#include "engine/net/shape_inference.h"

namespace overfeat::net::ops {
namespace {

// `pads`: what is put before each of `axes`, then what is put behind each.
ParsedNode padded(OnnxNode& node, const std::vector<std::int64_t>& pads,
                  const std::vector<std::int64_t>& axes, float value) {
    const std::string mode = node.text("mode", "constant");
    if (mode != "constant" && mode != "edge") {
        node.refuse("pads in the mode " + inQuotes(mode) +
                    "; only 'constant' and 'edge' are supported.");
    }
    if (!std::isfinite(value)) node.refuse("pads with a number that is not finite.");
    if (std::ranges::all_of(pads, [](auto side) { return side == 0; })) {
        return {Identity{}, node.operandIds(1), {}};
    }
    if (pads.size() != 2 * axes.size()) {
        node.refuse("has " + std::to_string(pads.size()) + " paddings for " +
                    std::to_string(axes.size()) + " axes.");
    }
    Pad pad{.padding = {}, .value = value, .repeats_edge = mode == "edge"};
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const int axis = axisOf(node, axes[i], 4);
        const std::int64_t before = pads[i];
        const std::int64_t after = pads[axes.size() + i];
        if (before == 0 && after == 0) continue;
        if (axis < 2 || std::min(before, after) < 0 || std::max(before, after) > kMaxWindowExtent) {
            node.refuse(
                "pads something else than the four sides of a picture, or by less than 0 or more "
                "than 65536.");
        }
        (axis == 2 ? pad.padding.top : pad.padding.left) = before;
        (axis == 2 ? pad.padding.bottom : pad.padding.right) = after;
    }
    return {pad, node.operandIds(1), {}};
}

std::vector<std::int64_t> allAxes(std::size_t count) {
    std::vector<std::int64_t> axes;
    for (std::size_t i = 0; i < count; ++i)
        axes.push_back(static_cast<std::int64_t>(i));
    return axes;
}

ParsedNode parsePadWithAttributes(OnnxNode& node) {
    const std::vector<std::int64_t> pads = node.integers("pads");
    const float value = node.real("value", 0);
    return padded(node, pads, allAxes(4), value);
}

ParsedNode parsePadWithInputs(OnnxNode& node) {
    const Tensor* number = node.constantOperand(2);
    if (number != nullptr && number->values().size() != 1) {
        node.refuse("pads with something else than one number.");
    }
    const std::vector<std::int64_t> axes = wholeNumbers(node, 3);
    return padded(node, wholeNumbers(node, 1), axes.empty() ? allAxes(4) : axes,
                  number == nullptr ? 0.0F : number->values().front());
}

}  // namespace

std::span<const OnnxOperator> padOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"Pad", 7, 10, 1, 1, parsePadWithAttributes},
        OnnxOperator{"Pad", 11, 22, 2, 4, parsePadWithInputs},
    };
    return kRows;
}

const Signature& signature(const Pad& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "Pad", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const Pad& pad, const Node& node, ShapeInputs in) {
    requireRank(node, *in[0], 4, "an input");
    Shape out = *in[0];
    out[2] += pad.padding.top + pad.padding.bottom;
    out[3] += pad.padding.left + pad.padding.right;
    return out;
}

void makeDense(const Pad& pad, const Node& node, DenseBuilder& dense) {
    dense.requireMap(node);
    const Shape& out = dense.shapeOf(node.output);
    dense.limit(node,
                "puts a border around its input, where the dense network sees the surroundings of "
                "the window.");
    dense.add(node, pad, {dense.input(node).id}, {kNoValue, {out[2], out[3]}, out[1], false});
}

}  // namespace overfeat::net::ops
