// SPDX-License-Identifier: Apache-2.0
#include "engine/net/graph.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>
#include <utility>
#include <variant>

#include "engine/net/graph_edit.h"
#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"
#include "engine/net/shape_inference.h"

namespace overfeat::net {
namespace {

// By index and not by std::visit, which may throw.
template <class... Kinds>
const ops::Signature& signatureOf(const std::variant<Kinds...>& op) noexcept {
    static const std::array<const ops::Signature*, sizeof...(Kinds)> kAll{
        &ops::signature(Kinds{})...};
    return *kAll[op.index()];
}

void checkWindow(const Node& node, const SlidingWindow& window) {
    const auto within = [](std::int64_t value, std::int64_t low) {
        return value >= low && value <= kMaxWindowExtent;
    };
    for (const Extent2& extent : {window.kernel, window.stride, window.dilation}) {
        if (!within(extent.height, 1) || !within(extent.width, 1)) {
            refuseNode(node, "has a kernel, stride or dilation outside 1..65536.");
        }
    }
    const Padding2& padding = window.padding;
    for (const std::int64_t side : {padding.top, padding.left, padding.bottom, padding.right}) {
        if (!within(side, 0)) refuseNode(node, "has a padding outside 0..65536.");
    }
}

void checkNode(const Graph& graph, const Node& node, const std::vector<bool>& known) {
    const ops::Signature& signature = signatureOf(node.op);
    if (node.inputs.size() < signature.min_inputs || node.inputs.size() > signature.max_inputs) {
        refuseNode(node, "has " + std::to_string(node.inputs.size()) + " inputs.");
    }
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const ValueId id = node.inputs[i];
        if (id == kNoValue && i == signature.may_be_absent) continue;
        if (id < 0 || static_cast<std::size_t>(id) >= graph.values.size()) {
            refuseNode(node, "lacks its input " + std::to_string(i) + ".");
        }
        if (!known[static_cast<std::size_t>(id)]) {
            refuseNode(node, "reads " + inQuotes(graph.valueName(id)) +
                                 " before anything has produced it.");
        }
        if (i >= signature.first_constant && i <= signature.last_constant &&
            graph.constant(id) == nullptr) {
            refuseNode(node, "needs a constant as its input " + std::to_string(i) + ", but " +
                                 inQuotes(graph.valueName(id)) + " is computed.");
        }
    }
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
        checkWindow(node, conv->window);
        if (conv->groups < 1 || conv->groups > kMaxGroups) {
            refuseNode(node, "has fewer than one group or more than 16777216.");
        }
    }
    if (const auto* pad = std::get_if<Pad>(&node.op)) checkWindow(node, {.padding = pad->padding});
    if (const auto* pool = std::get_if<MaxPool>(&node.op)) checkWindow(node, pool->window);
    if (const auto* pool = std::get_if<AveragePool>(&node.op)) checkWindow(node, pool->window);
}

std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

// Up to three names that the person may have meant; the last layers if none is similar.
std::string nearMatches(const std::vector<std::string>& names, std::string_view wanted) {
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const std::string& name : names) {
        const bool contains = !wanted.empty() && name.find(wanted) != std::string::npos;
        const std::size_t distance =
            contains ? 0 : editDistance(wanted.substr(0, 200), name.substr(0, 200));
        if (contains || distance <= std::max<std::size_t>(2, wanted.size() / 3)) {
            ranked.emplace_back(distance, name);
        }
    }
    std::ranges::stable_sort(ranked, {}, [](const auto& entry) { return entry.first; });
    if (ranked.empty()) {
        for (auto name = names.rbegin(); name != names.rend() && ranked.size() < 3; ++name)
            ranked.emplace_back(0, *name);
        if (ranked.empty()) return "The network has no layers.";
    }
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(ranked.size(), 3); ++i)
        list += (i == 0 ? "" : ", ") + inQuotes(ranked[i].second);
    return list;
}

}  // namespace

bool Activation::isNone() const noexcept {
    return clips() && low == -std::numeric_limits<float>::infinity() &&
           high == std::numeric_limits<float>::infinity();
}

std::string_view opName(const Op& op) noexcept {
    if (const auto* arithmetic = std::get_if<Arithmetic>(&op)) {
        return ops::signature(*arithmetic).name;
    }
    return signatureOf(op).name;
}

ValueId Graph::addValue(std::string name, std::shared_ptr<const Tensor> value) {
    values.push_back({std::move(name), std::move(value)});
    return static_cast<ValueId>(values.size() - 1);
}

std::optional<ValueId> Graph::findValue(std::string_view name) const {
    const auto found = std::ranges::find(values, name, &Value::name);
    if (found == values.end()) return std::nullopt;
    return static_cast<ValueId>(found - values.begin());
}

const Tensor* Graph::constant(ValueId id) const noexcept {
    if (id < 0 || static_cast<std::size_t>(id) >= values.size()) return nullptr;
    return values[static_cast<std::size_t>(id)].constant.get();
}

const std::string& Graph::valueName(ValueId id) const {
    return values.at(static_cast<std::size_t>(id)).name;
}

void validate(const Graph& graph) {
    std::unordered_set<std::string_view> names;
    std::vector<bool> known(graph.values.size());
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        const Value& value = graph.values[i];
        if (value.name.empty() || !names.insert(value.name).second) {
            throw Error(ErrorCode::kModel,
                        "Two values of the network are both named " + inQuotes(value.name) + ".",
                        value.name);
        }
        known[i] = value.constant != nullptr;
    }
    const auto exists = [&](ValueId id) {
        return id >= 0 && static_cast<std::size_t>(id) < graph.values.size();
    };
    if (graph.input != kNoValue) {
        if (!exists(graph.input) || known[static_cast<std::size_t>(graph.input)]) {
            throw Error(ErrorCode::kModel, "The network's input is not one of its values.");
        }
        known[static_cast<std::size_t>(graph.input)] = true;
    }
    for (const Node& node : graph.nodes) {
        checkNode(graph, node, known);
        if (!exists(node.output)) refuseNode(node, "has no output.");
        if (known[static_cast<std::size_t>(node.output)]) {
            refuseNode(node, "produces " + inQuotes(graph.valueName(node.output)) +
                                 ", which something else produces already.");
        }
        known[static_cast<std::size_t>(node.output)] = true;
    }
    if (graph.outputs.empty()) throw Error(ErrorCode::kModel, "The network has no outputs.");
    for (const ValueId id : graph.outputs) {
        if (!exists(id) || !known[static_cast<std::size_t>(id)]) {
            throw Error(ErrorCode::kModel,
                        "Nothing produces the network's output " +
                            (exists(id) ? inQuotes(graph.valueName(id)) : std::string("?")) + ".");
        }
    }
}

Graph withOutputs(const Graph& graph, const std::vector<std::string>& names) {
    std::vector<ValueId> wanted;
    for (const std::string& name : names) {
        const auto id = graph.findValue(name);
        if (!id || graph.constant(*id) != nullptr) {
            std::vector<std::string> layers;
            for (const Node& node : graph.nodes)
                layers.push_back(graph.valueName(node.output));
            throw Error(ErrorCode::kUsage,
                        "The network has no layer named " + inQuotes(name) +
                            "; did you mean one of: " + nearMatches(layers, name) + "?",
                        sanitisedLabel(name));
        }
        wanted.push_back(*id);
    }
    Graph part = graph;
    part.outputs = std::move(wanted);
    return pruned(part);
}

}  // namespace overfeat::net
