// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "engine/net/graph_edit.h"
#include "engine/net/passes.h"
#include "engine/net/refusal.h"

namespace overfeat::net {
namespace {

// The input pixels that the first cell of a value sees along one direction, [start, end), and how
// far the next cell's field lies from it.
struct Reach {
    std::int64_t start = 0;
    std::int64_t end = 1;
    std::int64_t jump = 1;
};
using Reach2 = std::array<Reach, 2>;  // height, width

Reach slid(const Reach& in, std::int64_t covered, std::int64_t stride, std::int64_t padding) {
    const std::int64_t start = in.start - padding * in.jump;
    const std::int64_t size = in.end - in.start + (covered - 1) * in.jump;
    return {start, start + size, in.jump * stride};
}

Reach2 slid(const Reach2& in, const SlidingWindow& window) {
    const Extent2 covered = window.covered();
    return {slid(in[0], covered.height, window.stride.height, window.padding.top),
            slid(in[1], covered.width, window.stride.width, window.padding.left)};
}

bool seesEverything(const Op& op) {
    return std::holds_alternative<GlobalAveragePool>(op) || std::holds_alternative<Flatten>(op) ||
           std::holds_alternative<Gemm>(op) || std::holds_alternative<Reshape>(op) ||
           std::holds_alternative<Transpose>(op) || std::holds_alternative<MatMul>(op);
}

class Walk {
public:
    explicit Walk(const Graph& graph) : graph_(graph), reaches_(graph.values.size()) {
        if (graph.input != kNoValue) at(graph.input) = Reach2{};
    }

    std::optional<Reach2> to(ValueId value) {
        for (const Node& node : graph_.nodes) {
            if (const SlidingWindow* window = windowOf(node.op)) {
                if (const auto& in = at(node.inputs.front())) at(node.output) = slid(*in, *window);
                // A fused residual joins after the convolution.
                if (node.inputs.size() == 4) join(node, node.inputs[3]);
            } else if (const auto* pad = std::get_if<Pad>(&node.op)) {
                const auto& in = at(node.inputs.front());
                if (in) at(node.output) = slid(*in, {.padding = pad->padding});
            } else {
                for (const ValueId id : node.inputs) {
                    if (id != kNoValue) join(node, id);
                }
            }
            if (node.output != value) continue;
            return at(value);
        }
        return at(value);
    }

private:
    std::optional<Reach2>& at(ValueId id) { return reaches_[static_cast<std::size_t>(id)]; }

    void join(const Node& node, ValueId input) {
        const std::optional<Reach2>& in = at(input);
        if (!in) return;  // a constant, or computed from constants
        if (seesEverything(node.op)) {
            refuseNode(node,
                       "sees the whole input, so it has no receptive field of its own; make "
                       "the network dense first.");
        }
        std::optional<Reach2>& out = at(node.output);
        if (!out) {
            out = in;
            return;
        }
        for (std::size_t i = 0; i < 2; ++i) {
            Reach& joined = (*out)[i];
            const Reach& other = (*in)[i];
            if (joined.jump != other.jump) {
                refuseNode(node, "joins layers whose cells lie at different distances.");
            }
            joined.start = std::min(joined.start, other.start);
            joined.end = std::max(joined.end, other.end);
        }
    }

    const Graph& graph_;
    std::vector<std::optional<Reach2>> reaches_;
};

}  // namespace

ReceptiveField receptiveField(const Graph& graph, ValueId value) {
    const Reach2 reach = Walk(graph).to(value).value_or(Reach2{});
    const auto centre = [](const Reach& r) { return static_cast<double>(r.start + r.end) / 2; };
    return {.field_px = {reach[0].end - reach[0].start, reach[1].end - reach[1].start},
            .jump_px = {reach[0].jump, reach[1].jump},
            .first_centre_y_px = centre(reach[0]),
            .first_centre_x_px = centre(reach[1])};
}

}  // namespace overfeat::net
