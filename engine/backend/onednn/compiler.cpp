// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/compiler.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "engine/backend/onednn/layout.h"
#include "engine/backend/onednn/library.h"
#include "engine/backend/onednn/lowering.h"

namespace overfeat::backend::onednn {
namespace {

using net::Node;

// (1x1 ones are normalisations, of which there may be some in any network.)
bool hasDepthwise(const net::Graph& graph) {
    return std::ranges::any_of(graph.nodes, [&](const Node& node) {
        const auto* conv = std::get_if<net::Conv>(&node.op);
        if (conv == nullptr || conv->groups == 1 || conv->window.kernel == net::Extent2{1, 1})
            return false;
        const auto& weight = graph.values[static_cast<std::size_t>(node.inputs[1])].constant;
        return weight && weight->shape()[1] == 1;
    });
}

// The layouts worth trying for a network on this processor, best first; README.md has the
// measurements.
std::vector<LayoutPolicy> policies(const net::Graph& graph) {
    constexpr LayoutPolicy kChannelsLast{LayoutPolicy::Kind::kChannelsLast};
    const bool avx512 = libraryInfo().avx512;
    const LayoutPolicy blocks{LayoutPolicy::Kind::kBlocks, avx512 ? 16 : 8};
    if (avx512 && !hasDepthwise(graph)) return {kChannelsLast, blocks};
    return {blocks, kChannelsLast};
}

}  // namespace

Program compileProgram(const net::Graph& graph, const Shape& input,
                       std::int64_t max_workspace_bytes, WeightStore& weights) {
    std::unique_ptr<Lowering> best;
    for (const LayoutPolicy& policy : policies(graph)) {
        auto lowering = std::make_unique<Lowering>(graph, input, weights, policy);
        if (!best || lowering->drawbacks() < best->drawbacks()) best = std::move(lowering);
        if (best->drawbacks().none()) break;
    }
    return best->finish(max_workspace_bytes);
}

}  // namespace overfeat::backend::onednn
