// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/net/dense_builder.h"
#include "engine/net/graph_edit.h"
#include "engine/net/ops/ops.h"
#include "engine/net/passes.h"
#include "engine/net/refusal.h"

namespace overfeat::net {
namespace {

bool isComputedFromConstants(DenseBuilder& dense, const Node& node) {
    return std::ranges::none_of(
        node.inputs, [&](ValueId id) { return id != kNoValue && dense.value(id).id != kNoValue; });
}

// pool -> conv becomes conv -> pool, in the same places and under the same output name.
void swapWithPool(Graph& dense, Node& pool, Node& conv) {
    const ValueId between =
        dense.addValue(uniqueName(dense, dense.valueName(conv.output) + ".before_average"));
    const Node average{
        .name = pool.name, .op = pool.op, .inputs = {between}, .output = conv.output};
    Node first = conv;
    first.inputs.front() = pool.inputs.front();
    first.output = between;
    pool = std::move(first);
    conv = average;
}

// Averaging and a 1x1 convolution may change places, because both are linear and the weights of
// the average sum to 1. Averaging afterwards handles the convolution's channels instead of its
// input's; it pays if those are few enough to make up for convolving the border cells as well.
void averageLate(Graph& dense) {
    const std::vector<int> readers = readerCounts(dense);
    const std::vector<int> producer = producers(dense);
    std::vector<std::pair<Node*, Node*>> swapped;
    for (Node& node : dense.nodes) {
        const auto* conv = std::get_if<Conv>(&node.op);
        if (conv == nullptr || !(conv->window == SlidingWindow{}) || conv->groups != 1 ||
            node.inputs.size() != 3 || !conv->activation.isNone()) {
            continue;
        }
        // Flatten has become an Identity in between.
        int source = producer[static_cast<std::size_t>(node.inputs.front())];
        const auto isOnlyRead = [&](int index) {
            const ValueId id = dense.nodes[static_cast<std::size_t>(index)].output;
            return readers[static_cast<std::size_t>(id)] == 1;
        };
        if (source < 0 || !isOnlyRead(source)) continue;
        Node* pool = &dense.nodes[static_cast<std::size_t>(source)];
        if (std::holds_alternative<Identity>(pool->op)) {
            source = producer[static_cast<std::size_t>(pool->inputs.front())];
            if (source < 0 || !isOnlyRead(source)) continue;
            pool = &dense.nodes[static_cast<std::size_t>(source)];
        }
        const auto* average = std::get_if<AveragePool>(&pool->op);
        if (average == nullptr || !(average->window.padding == Padding2{}) ||
            !(average->window.stride == Extent2{1, 1})) {
            continue;
        }
        const Shape& weight = dense.constant(node.inputs[1])->shape();
        const std::int64_t cells = average->window.kernel.height * average->window.kernel.width;
        if (weight[0] * weight[1] >= (weight[1] - weight[0]) * cells) continue;
        // Large averages slide at the price of a few additions, wherever they are.
        if (cells > kMostCellsAddedUp) continue;
        swapped.emplace_back(pool, &node);
    }
    for (const auto& [pool, node] : swapped)
        swapWithPool(dense, *pool, *node);
}

Extent2 jumpOf(const Graph& dense, ValueId output) {
    try {
        return receptiveField(dense, output).jump_px;
    } catch (const Error& error) {
        throw CannotSlide(error.what());
    }
}

Extent2 commonStride(const Graph& dense, DenseBuilder& built) {
    std::optional<Extent2> stride;
    for (std::size_t i = 0; i < dense.outputs.size(); ++i) {
        const Extent2 jump = jumpOf(dense, dense.outputs[i]);
        const bool per_window = built.value(built.window().outputs[i]).isVector();
        if (stride && per_window && !(*stride == jump)) {
            throw CannotSlide(
                "The network's outputs " + inQuotes(dense.valueName(dense.outputs[0])) + " and " +
                inQuotes(dense.valueName(dense.outputs[i])) + " come at different distances.");
        }
        if (per_window || i == 0) stride = jump;
    }
    return stride.value_or(Extent2{1, 1});
}

DenseGraph slidingNetwork(const Graph& window, int window_px) {
    DenseBuilder built(window, window_px);
    for (const Node& node : window.nodes) {
        if (isComputedFromConstants(built, node)) {
            cannotSlide(node, "is computed from constants alone, which is not supported.");
        }
        std::visit([&](const auto& op) { ops::makeDense(op, node, built); }, node.op);
    }
    DenseGraph result;
    for (const ValueId output : window.outputs) {
        DenseValue& last = built.value(output);
        if (last.flat && !last.isVector()) {
            const ValueId map = last.id;
            last = built.unfolded(last, window.valueName(output));
            std::swap(built.graph().values[static_cast<std::size_t>(map)].name,
                      built.graph().values[static_cast<std::size_t>(last.id)].name);
        }
        built.graph().outputs.push_back(last.id);
    }
    averageLate(built.graph());
    result.graph = fuse(built.graph());
    result.report = built.report();
    result.window_px = window_px;
    result.stride_px = commonStride(result.graph, built);
    validate(result.graph);
    return result;
}

}  // namespace

DenseGraph makeDense(const Graph& window_graph, int window_px) {
    if (window_graph.input == kNoValue || window_graph.input_shape.rank() != 4) {
        throw Error(ErrorCode::kModel, "The network does not take pictures, so it cannot slide.");
    }
    // A layer that no output needs must not stand in the way.
    const Graph needed = pruned(window_graph);
    try {
        return slidingNetwork(needed, window_px);
    } catch (const CannotSlide& reason) {
        DenseGraph unchanged;
        unchanged.graph = window_graph;
        unchanged.report = {DenseFidelity::kClassificationOnly, {reason.what()}};
        unchanged.window_px = window_px;
        unchanged.stride_px = {window_px, window_px};
        return unchanged;
    }
}

}  // namespace overfeat::net
