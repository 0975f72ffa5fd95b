// SPDX-License-Identifier: Apache-2.0
#include "engine/net/graph_edit.h"

#include <algorithm>
#include <utility>

namespace overfeat::net {

std::vector<int> readerCounts(const Graph& graph) {
    std::vector<int> counts(graph.values.size());
    const auto count = [&](ValueId id) {
        if (id != kNoValue) ++counts[static_cast<std::size_t>(id)];
    };
    for (const Node& node : graph.nodes)
        std::ranges::for_each(node.inputs, count);
    std::ranges::for_each(graph.outputs, count);
    return counts;
}

std::vector<int> producers(const Graph& graph) {
    std::vector<int> nodes(graph.values.size(), -1);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        nodes[static_cast<std::size_t>(graph.nodes[i].output)] = static_cast<int>(i);
    return nodes;
}

void replaceReaders(Graph& graph, ValueId from, ValueId to) {
    for (Node& node : graph.nodes)
        std::ranges::replace(node.inputs, from, to);
    std::ranges::replace(graph.outputs, from, to);
}

std::string uniqueName(const Graph& graph, const std::string& name) {
    std::string candidate = name;
    for (int i = 2; graph.findValue(candidate); ++i)
        candidate = name + "_" + std::to_string(i);
    return candidate;
}

Graph pruned(const Graph& graph) {
    std::vector<bool> needed(graph.values.size());
    const auto need = [&](ValueId id) {
        if (id != kNoValue) needed[static_cast<std::size_t>(id)] = true;
    };
    need(graph.input);
    std::ranges::for_each(graph.outputs, need);
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
        if (needed[static_cast<std::size_t>(node->output)]) {
            std::ranges::for_each(node->inputs, need);
        }
    }

    Graph part;
    part.input_shape = graph.input_shape;
    std::vector<ValueId> renumbered(graph.values.size(), kNoValue);
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        if (!needed[i]) continue;
        renumbered[i] = part.addValue(graph.values[i].name, graph.values[i].constant);
    }
    const auto mapped = [&](ValueId id) {
        return id == kNoValue ? kNoValue : renumbered[static_cast<std::size_t>(id)];
    };
    part.input = mapped(graph.input);
    for (const ValueId id : graph.outputs)
        part.outputs.push_back(mapped(id));
    for (const Node& node : graph.nodes) {
        if (!needed[static_cast<std::size_t>(node.output)]) continue;
        Node copy = node;
        copy.output = mapped(node.output);
        std::ranges::transform(copy.inputs, copy.inputs.begin(), mapped);
        part.nodes.push_back(std::move(copy));
    }
    return part;
}

const SlidingWindow* windowOf(const Op& op) noexcept {
    if (const auto* conv = std::get_if<Conv>(&op)) return &conv->window;
    if (const auto* pool = std::get_if<MaxPool>(&op)) return &pool->window;
    if (const auto* pool = std::get_if<AveragePool>(&op)) return &pool->window;
    return nullptr;
}

SlidingWindow* windowOf(Op& op) noexcept {
    return const_cast<SlidingWindow*>(windowOf(std::as_const(op)));
}

Shape squareInput(const Graph& graph, std::int64_t side) {
    std::int64_t channels = graph.input_shape.rank() == 4 ? graph.input_shape[1] : -1;
    for (const Node& node : graph.nodes) {
        if (channels > 0) break;
        const auto* conv = std::get_if<Conv>(&node.op);
        if (conv == nullptr || node.inputs.front() != graph.input) continue;
        channels = graph.constant(node.inputs[1])->shape()[1] * conv->groups;
    }
    return {1, channels > 0 ? channels : 3, side, side};
}

}  // namespace overfeat::net
