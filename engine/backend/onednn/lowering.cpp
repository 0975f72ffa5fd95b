// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/lowering.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "engine/backend/memory_plan.h"

namespace overfeat::backend::onednn {

using net::Node;
using net::ValueId;

Lowering::Lowering(const net::Graph& graph, const Shape& input, WeightStore& weights,
                   const LayoutPolicy& policy)
    : build_(graph, input),
      weights_(weights),
      policy_(policy),
      has_convolutions_(std::ranges::any_of(build_.graph().nodes, [](const Node& node) {
          return std::holds_alternative<net::Conv>(node.op);
      })) {
    for (const Node& node : build_.graph().nodes) {
        node_ = &node;
        build_.begin(node);
        std::visit([this](const auto& op) { lower(op); }, node.op);
        build_.end();
    }
}

Drawbacks Lowering::drawbacks() {
    Drawbacks all = drawbacks_;
    all.copies += build_.program().statistics.reorders_per_run;
    return all;
}

Program Lowering::finish(std::int64_t max_workspace_bytes) {
    const std::int64_t bytes = build_.finish();
    Program& program = build_.program();
    checkBudget(bytes, max_workspace_bytes, program.input_shape);
    program.workspace->allocate();
    for (const auto& bind : binders_)
        bind();
    program.statistics.workspace_bytes = bytes;
    return std::move(program);
}

std::shared_ptr<const Tensor> Lowering::constant(std::size_t i) const {
    return has(i) ? build_.graph().values[static_cast<std::size_t>(in(i))].constant : nullptr;
}

void Lowering::hold(std::shared_ptr<const Tensor> tensor) {
    build_.program().constants.push_back(std::move(tensor));
}

Place Lowering::settled(ValueId id) {
    const Place home = build_.home(id);
    const bool is_for_convolutions = id == build_.graph().input && has_convolutions_ &&
                                     policy_.kind == LayoutPolicy::Kind::kChannelsLast;
    return is_for_convolutions ? build_.require(id, policy_.of(shape(id))) : home;
}

Place Lowering::replacing(Place place) {
    return build_.mayOverwrite(place.buffer) ? place : newPlace(place.layout);
}

}  // namespace overfeat::backend::onednn
