// SPDX-License-Identifier: Apache-2.0
#include "engine/net/dense_builder.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/net/graph_edit.h"
#include "engine/net/refusal.h"

namespace overfeat::net {
namespace {

// Listing the cells of a flattened map takes cells^2 weights per channel; 256 MiB for all maps of
// a network together are enough for any classifier's features.
constexpr std::int64_t kMaxUnfoldedWeights = std::int64_t{64} << 20;

}  // namespace

void cannotSlide(const Node& node, const std::string& why) {
    throw CannotSlide("Node " + inQuotes(node.name) + " (" + std::string(opName(node.op)) + ") " +
                      why);
}

DenseBuilder::DenseBuilder(const Graph& window, int window_px)
    : window_(window),
      shapes_(inferShapes(window, squareInput(window, window_px))),
      values_(window.values.size()),
      unfolded_weights_left_(kMaxUnfoldedWeights),
      copied_weights_left_(kMaxCopiedWeights) {
    for (const Value& value : window.values)
        dense_.addValue(value.name, value.constant);
    dense_.input = window.input;
    dense_.input_shape = squareInput(window, -1);
    dense_.input_shape[0] = -1;
    const Shape& input = shapeOf(window.input);
    value(window.input) = {window.input, {input[2], input[3]}, input[1], false};
}

void DenseBuilder::add(const Node& node, Op op, std::vector<ValueId> inputs, DenseValue result) {
    result.id = node.output;
    value(node.output) = result;
    dense_.nodes.push_back({.name = node.name,
                            .op = std::move(op),
                            .inputs = std::move(inputs),
                            .output = node.output});
}

ValueId DenseBuilder::addConstant(const std::string& name, Tensor tensor) {
    return dense_.addValue(uniqueName(dense_, name),
                           std::make_shared<const Tensor>(std::move(tensor)));
}

ValueId DenseBuilder::kernelOf(const KernelOf& what, const std::string& name,
                               const std::function<Tensor()>& make) {
    auto& known = kernels_[what.matrix];
    for (const auto& [other, id] : known) {
        if (other.alpha == what.alpha && other.transposed == what.transposed &&
            other.in.extent == what.in.extent && other.in.channels == what.in.channels) {
            return id;
        }
    }
    // The first one takes the place of the matrix.
    const std::int64_t count = window_.constant(what.matrix)->shape().elementCount();
    if (!known.empty() && count > copied_weights_left_) {
        throw CannotSlide("The weights " + inQuotes(window_.valueName(what.matrix)) +
                          " are read in too many ways to be copied for each.");
    }
    if (!known.empty()) copied_weights_left_ -= count;
    return known.emplace_back(what, addConstant(name, make())).second;
}

void DenseBuilder::limit(const Node& node, const std::string& why) {
    auto same = std::ranges::find(limits_, why, &Limit::why);
    if (same == limits_.end()) {
        same = limits_.insert(limits_.end(), {why, {}, std::string(opName(node.op))});
    }
    same->nodes.push_back(node.name);
}

DenseReport DenseBuilder::report() const {
    DenseReport report;
    if (!limits_.empty()) report.fidelity = DenseFidelity::kApproximate;
    for (const Limit& limit : limits_) {
        const std::string first = inQuotes(limit.nodes.front());
        if (limit.nodes.size() == 1) {
            report.reasons.push_back("Node " + first + " (" + limit.op + ") " + limit.why);
        } else {
            report.reasons.push_back(std::to_string(limit.nodes.size()) + " layers, from " + first +
                                     " to " + inQuotes(limit.nodes.back()) + ": each " + limit.why);
        }
    }
    return report;
}

void DenseBuilder::requireMap(const Node& node) {
    if (input(node).flat) cannotSlide(node, "needs a map, but its input has been flattened.");
}

DenseValue DenseBuilder::slide(const Node& node, SlidingWindow& window) {
    const Shape& out = shapeOf(node.output);
    const DenseValue result{kNoValue, {out[2], out[3]}, out[1], false};
    if (!(window.padding == Padding2{})) {
        limit(node,
              "pads its input with zeros, where the dense network sees the surroundings "
              "of the window.");
    }
    // With a single position per window its stride means nothing there, so the dense network
    // need not skip any.
    if (out[2] == 1) window.stride.height = 1;
    if (out[3] == 1) window.stride.width = 1;
    return result;
}

DenseValue DenseBuilder::unfolded(const DenseValue& map, const std::string& name) {
    if (const auto known = unfolded_.find(map.id); known != unfolded_.end()) {
        return known->second;
    }
    const std::int64_t cells = map.extent.height * map.extent.width;
    if (map.channels * cells > unfolded_weights_left_ / cells) {
        throw CannotSlide("The flattened map " + inQuotes(name) +
                          " is too large to be listed for every window.");
    }
    unfolded_weights_left_ -= map.channels * cells * cells;
    Tensor weight(Shape{map.channels * cells, 1, map.extent.height, map.extent.width});
    for (std::int64_t row = 0; row < map.channels * cells; ++row)
        weight.values()[static_cast<std::size_t>(row * cells + row % cells)] = 1;
    DenseValue result{
        dense_.addValue(uniqueName(dense_, name + ".cells")), {1, 1}, map.channels * cells, true};
    const Conv conv{.window = {.kernel = map.extent}, .groups = map.channels};
    dense_.nodes.push_back(
        {.name = name + ".unfold",
         .op = conv,
         .inputs = {map.id, addConstant(name + ".unfold", std::move(weight)), kNoValue},
         .output = result.id});
    unfolded_.emplace(map.id, result);
    return result;
}

DenseValue DenseBuilder::vectorOf(const DenseValue& given, const std::string& name) {
    return given.flat && !given.isVector() ? unfolded(given, name) : given;
}

}  // namespace overfeat::net
