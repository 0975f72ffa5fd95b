// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/dense_builder.h"
#include "engine/net/graph_edit.h"
#include "engine/net/ops/common.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"

namespace overfeat::net::ops {
namespace {

SlidingWindow poolingWindow(OnnxNode& node) {
    if (!node.has("kernel_shape")) node.refuse("has no 'kernel_shape'.");
    return slidingWindow(node, spatialPair(node, "kernel_shape", {1, 1}));
}

Shape pooled(const Node& node, ShapeInputs in, const SlidingWindow& window, bool ceil_mode) {
    requireRank(node, *in[0], 4, "an input");
    const Extent2 covered = window.covered();
    const Padding2& padding = window.padding;
    // Otherwise a window could lie in the padding altogether and have nothing to pool.
    if (std::max(padding.top, padding.bottom) >= covered.height ||
        std::max(padding.left, padding.right) >= covered.width) {
        refuseNode(node, "pads by as much as its window or more, which pooling cannot mean.");
    }
    const Extent2 out = slidExtent(node, *in[0], window, ceil_mode);
    return {(*in[0])[0], (*in[0])[1], out.height, out.width};
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

// Rounding up lets the last window reach over the end of the input. As padding, the same window
// exists in every cell of the dense network. Returns whether any window does reach over.
bool replaceCeiling(DenseBuilder& dense, const Node& node, SlidingWindow& window, bool& ceil_mode) {
    if (!std::exchange(ceil_mode, false)) return false;
    const Shape& in = dense.shapeOf(node.inputs.front());
    const Shape& out = dense.shapeOf(node.output);
    const Extent2 covered = window.covered();
    const auto missing = [](std::int64_t positions, std::int64_t stride, std::int64_t extent,
                            std::int64_t available) {
        return std::max<std::int64_t>((positions - 1) * stride + extent - available, 0);
    };
    const std::int64_t below = missing(out[2], window.stride.height, covered.height,
                                       in[2] + window.padding.top + window.padding.bottom);
    const std::int64_t beside = missing(out[3], window.stride.width, covered.width,
                                        in[3] + window.padding.left + window.padding.right);
    window.padding.bottom += below;
    window.padding.right += beside;
    return below > 0 || beside > 0;
}

// `map` with real zeros around it.
ValueId withZeros(DenseBuilder& dense, const Node& node, const DenseValue& map,
                  const Padding2& padding) {
    const std::string name = dense.window().valueName(node.output) + ".padding";
    Tensor ones(Shape{map.channels, 1, 1, 1},
                std::vector<float>(static_cast<std::size_t>(map.channels), 1.0F));
    const ValueId weight = dense.addConstant(name + ".weight", std::move(ones));
    const ValueId output = dense.graph().addValue(uniqueName(dense.graph(), name));
    dense.graph().nodes.push_back(
        {.name = node.name + ".padding",
         .op = Conv{.window = {.padding = padding}, .groups = map.channels},
         .inputs = {map.id, weight, kNoValue},
         .output = output});
    return output;
}

}  // namespace

std::span<const OnnxOperator> poolingOperators() noexcept {
    static constexpr std::array kRows{
        OnnxOperator{"AveragePool", 7, 22, 1, 1, parseAveragePool},
        OnnxOperator{"GlobalAveragePool", 1, 22, 1, 1, parseGlobalAveragePool},
        OnnxOperator{"MaxPool", 7, 22, 1, 1, parseMaxPool},
    };
    return kRows;
}

const Signature& signature(const MaxPool& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "MaxPool", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const MaxPool& pool, const Node& node, ShapeInputs in) {
    return pooled(node, in, pool.window, pool.ceil_mode);
}

void makeDense(const MaxPool& given, const Node& node, DenseBuilder& dense) {
    MaxPool pool = given;
    dense.requireMap(node);
    replaceCeiling(dense, node, pool.window, pool.ceil_mode);
    const DenseValue result = dense.slide(node, pool.window);
    dense.add(node, pool, {dense.input(node).id}, result);
}

const Signature& signature(const AveragePool& /*op*/) noexcept {
    static constexpr Signature kSignature{.name = "AveragePool", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const AveragePool& pool, const Node& node, ShapeInputs in) {
    return pooled(node, in, pool.window, pool.ceil_mode);
}

void makeDense(const AveragePool& given, const Node& node, DenseBuilder& dense) {
    AveragePool pool = given;
    dense.requireMap(node);
    ValueId source = dense.input(node).id;
    const Padding2 own = pool.window.padding;
    const bool reaches_over = replaceCeiling(dense, node, pool.window, pool.ceil_mode);
    const DenseValue result = dense.slide(node, pool.window);
    // An average may count its padding, but never what rounding up adds, and one padding cannot
    // be both. So its own becomes a part of the map, and what remains is not counted. Only
    // cells at the border of the picture ever meet either, among them the one of a single
    // window; elsewhere all taps are pixels, whatever the window network divides by at its
    // border.
    if (reaches_over && pool.count_include_padding) {
        if (!(own == Padding2{})) source = withZeros(dense, node, dense.input(node), own);
        pool.window.padding = {.bottom = pool.window.padding.bottom - own.bottom,
                               .right = pool.window.padding.right - own.right};
        pool.count_include_padding = false;
    }
    dense.add(node, pool, {source}, result);
}

const Signature& signature(const GlobalAveragePool& /*op*/) noexcept {
    static constexpr Signature kSignature{
        .name = "GlobalAveragePool", .min_inputs = 1, .max_inputs = 1};
    return kSignature;
}

Shape outputShape(const GlobalAveragePool& /*op*/, const Node& node, ShapeInputs in) {
    requireRank(node, *in[0], 4, "an input");
    return {(*in[0])[0], (*in[0])[1], 1, 1};
}

void makeDense(const GlobalAveragePool& /*op*/, const Node& node, DenseBuilder& dense) {
    dense.requireMap(node);
    const DenseValue in = dense.input(node);
    if (in.isVector()) {
        dense.add(node, Identity{}, {in.id}, in);
        return;
    }
    dense.add(node, AveragePool{.window = {.kernel = in.extent}}, {in.id},
              {kNoValue, {1, 1}, in.channels, false});
}

}  // namespace overfeat::net::ops
