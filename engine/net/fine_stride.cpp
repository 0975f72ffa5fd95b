// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>
#include <vector>

#include "engine/net/graph_edit.h"
#include "engine/net/passes.h"
#include "engine/net/shape_inference.h"

namespace overfeat::net {
namespace {

Extent2 product(Extent2 a, Extent2 b) {
    return {a.height * b.height, a.width * b.width};
}

Padding2 scaled(const Padding2& padding, Extent2 factor) {
    return {padding.top * factor.height, padding.left * factor.width,
            padding.bottom * factor.height, padding.right * factor.width};
}

constexpr Extent2 kOne{1, 1};

// Distance in input pixels between neighbouring cells of every value; nothing for constants and
// what is computed from them alone. Fails where branches of different distances meet.
std::optional<std::vector<std::optional<Extent2>>> jumps(const Graph& graph) {
    std::vector<std::optional<Extent2>> jump(graph.values.size());
    const auto at = [&](ValueId id) -> std::optional<Extent2>& {
        return jump[static_cast<std::size_t>(id)];
    };
    if (graph.input != kNoValue) at(graph.input) = kOne;
    for (const Node& node : graph.nodes) {
        const SlidingWindow* window = windowOf(node.op);
        std::optional<Extent2>& out = at(node.output);
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if (node.inputs[i] == kNoValue || !at(node.inputs[i])) continue;
            Extent2 in = *at(node.inputs[i]);
            if (window != nullptr && i == 0) in = product(in, window->stride);
            if (out && !(*out == in)) return std::nullopt;
            out = in;
        }
    }
    return jump;
}

// One step: the last strided layer of every path gets stride 1, what follows is dilated. Nothing if
// there is none, or if the paths lose different strides.
std::optional<DenseGraph> refinedOnce(const DenseGraph& dense) {
    if (dense.report.fidelity == DenseFidelity::kClassificationOnly) return std::nullopt;
    const auto before = jumps(dense.graph);
    if (!before || dense.graph.outputs.empty()) return std::nullopt;
    const auto jump = [&](ValueId id) { return (*before)[static_cast<std::size_t>(id)]; };
    const std::optional<Extent2> last = jump(dense.graph.outputs.front());
    for (const ValueId output : dense.graph.outputs) {
        if (!last || jump(output) != last) return std::nullopt;
    }

    // The layers after which nothing is strided any more are those that reach the final distance.
    std::optional<Extent2> lost;
    for (const Node& node : dense.graph.nodes) {
        const SlidingWindow* window = windowOf(node.op);
        if (window == nullptr || window->stride == kOne || jump(node.output) != last) continue;
        if (lost && !(*lost == window->stride)) return std::nullopt;
        lost = window->stride;
    }
    if (!lost) return std::nullopt;

    DenseGraph refined = dense;
    refined.stride_px = {dense.stride_px.height / lost->height,
                         dense.stride_px.width / lost->width};
    for (Node& node : refined.graph.nodes) {
        SlidingWindow* window = windowOf(node.op);
        auto* pad = std::get_if<Pad>(&node.op);
        if (pad != nullptr && jump(node.output) == last) pad->padding = scaled(pad->padding, *lost);
        if (window == nullptr) continue;
        if (jump(node.inputs.front()) == last) {
            window->dilation = product(window->dilation, *lost);
            window->padding = scaled(window->padding, *lost);
            const Extent2 covered = window->covered();
            if (covered.height > kMaxWindowExtent || covered.width > kMaxWindowExtent) {
                return std::nullopt;
            }
        } else if (jump(node.output) == last) {
            window->stride = kOne;
        }
    }
    return refined;
}

}  // namespace

DenseGraph refineStride(const DenseGraph& dense, int steps) {
    DenseGraph refined = dense;
    for (int i = 0; i < steps; ++i) {
        auto next = refinedOnce(refined);
        if (!next) break;
        refined = std::move(*next);
    }
    return refined;
}

int maxFineSteps(const DenseGraph& dense) {
    int steps = 0;
    std::optional<DenseGraph> refined = refinedOnce(dense);
    while (refined) {
        ++steps;
        refined = refinedOnce(*refined);
    }
    return steps;
}

}  // namespace overfeat::net
