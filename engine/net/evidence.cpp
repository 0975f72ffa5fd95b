// SPDX-License-Identifier: Apache-2.0
#include <variant>

#include "engine/net/graph_edit.h"
#include "engine/net/passes.h"

namespace overfeat::net {
namespace {

// Follows the one way from an output back towards the input.
class WayBack {
public:
    WayBack(const Graph& graph, ValueId from)
        : graph_(graph), producers_(producers(graph)), at_(from) {}

    ValueId at() const noexcept { return at_; }
    const Node* node() const {
        const int index = producers_[static_cast<std::size_t>(at_)];
        return index < 0 ? nullptr : &graph_.nodes[static_cast<std::size_t>(index)];
    }
    // Goes one node back if it is an `O` that `fits`; nullptr otherwise.
    template <typename O, typename Fits>
    const Node* pass(Fits fits) {
        const Node* here = node();
        if (here == nullptr || !std::holds_alternative<O>(here->op)) return nullptr;
        if (!fits(*here, std::get<O>(here->op))) return nullptr;
        at_ = here->inputs.front();
        return here;
    }

private:
    const Graph& graph_;
    std::vector<int> producers_;
    ValueId at_;
};

bool isClassifier(const Graph& graph, const Node& node, const Conv& conv) {
    SlidingWindow window = conv.window;
    window.dilation = {1, 1};  // means nothing for a kernel of one cell
    return window == SlidingWindow{} && conv.groups == 1 && conv.activation.isNone() &&
           node.inputs.size() == 3 && graph.constant(node.inputs[1]) != nullptr;
}

bool isAverage(const AveragePool& pool) {
    return pool.window.stride == Extent2{1, 1} && pool.window.padding == Padding2{} &&
           !pool.ceil_mode;
}

}  // namespace

std::optional<LinearEvidence> linearEvidence(const Graph& dense, ValueId scores) {
    WayBack way(dense, scores);
    const auto any = [](const Node&, const auto&) { return true; };
    while (way.pass<Softmax>(any) != nullptr || way.pass<Identity>(any) != nullptr) {
    }
    const auto average = [&] {
        return way.pass<AveragePool>(
            [](const Node&, const AveragePool& pool) { return isAverage(pool); });
    };
    const auto classifier = [&] {
        return way.pass<Conv>(
            [&](const Node& node, const Conv& conv) { return isClassifier(dense, node, conv); });
    };
    // Either order: makeDense() averages first or last, whichever is cheaper.
    const Node* pool = average();
    const Node* linear = classifier();
    while (way.pass<Identity>(any) != nullptr) {
    }
    if (pool == nullptr) pool = average();
    if (pool == nullptr || linear == nullptr) return std::nullopt;
    const auto constant = [&](ValueId id) {
        return id == kNoValue ? nullptr : dense.values[static_cast<std::size_t>(id)].constant;
    };
    const SlidingWindow& window = std::get<AveragePool>(pool->op).window;
    return LinearEvidence{.features = way.at(),
                          .weight = constant(linear->inputs[1]),
                          .bias = constant(linear->inputs[2]),
                          .cells = window.kernel,
                          .spacing = window.dilation};
}

std::optional<ValueId> sharperFeatures(const Graph& dense, ValueId features) {
    const Extent2 wanted = receptiveField(dense, features).jump_px;
    std::optional<ValueId> layer;
    std::optional<ValueId> sum;
    for (const Node& node : dense.nodes) {
        if (node.output == features) break;
        const bool is_conv = std::holds_alternative<Conv>(node.op);
        const bool is_sum =
            std::holds_alternative<Add>(node.op) || (is_conv && node.inputs.size() == 4);
        if (!is_conv && !is_sum) continue;
        const Extent2 jump = receptiveField(dense, node.output).jump_px;
        if (2 * jump.height != wanted.height || 2 * jump.width != wanted.width) continue;
        layer = node.output;
        if (is_sum) sum = node.output;
    }
    return sum ? sum : layer;
}

}  // namespace overfeat::net
