// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/net/simplify.h"

namespace overfeat::net {
namespace {

const std::vector<int> kToLast{0, 2, 3, 1};
const std::vector<int> kToFirst{0, 3, 1, 2};

// Walks through the network and keeps, for every value with the channels last, a twin with the
// channels first, as long as every operator knows what it means there. Where one does not, the
// twin is transposed back.
class ChannelsFirst {
public:
    ChannelsFirst(const Graph& graph, const Shape& input)
        : from_(graph),
          shapes_(inferShapes(graph, input)),
          twins_(graph.values.size(), kNoValue),
          same_(graph.values.size(), kNoValue),
          computed_(graph.values.size(), true) {
        to_.values = graph.values;
        to_.outputs = graph.outputs;
        to_.input = graph.input;
        to_.input_shape = graph.input_shape;
        for (const Value& value : graph.values)
            names_.insert(value.name);
    }

    Graph rewritten() {
        if (hasChannelsLast(from_.input_shape)) turnInput();
        for (const Node& node : from_.nodes) {
            if (!turned(node)) keep(node);
        }
        for (const ValueId output : from_.outputs)
            compute(output);
        return std::move(to_);
    }

private:
    const Shape& shape(ValueId id) const { return shapes_[static_cast<std::size_t>(id)]; }
    ValueId& twin(ValueId id) { return twins_[static_cast<std::size_t>(id)]; }
    bool hasTwin(ValueId id) { return id != kNoValue && twin(id) != kNoValue; }
    // What stands for a value of the old network in the new one.
    ValueId now(ValueId id) const {
        const ValueId other = id == kNoValue ? kNoValue : same_[static_cast<std::size_t>(id)];
        return other == kNoValue ? id : other;
    }

    ValueId newValue(const std::string& name, std::shared_ptr<const Tensor> constant = nullptr) {
        std::string unique = name;
        for (int i = 2; !names_.insert(unique).second; ++i)
            unique = name + "_" + std::to_string(i);
        return to_.addValue(unique, std::move(constant));
    }

    void turnInput() {
        const Shape& old = from_.input_shape;
        to_.input = newValue(from_.valueName(from_.input) + ":channels_first");
        to_.input_shape = Shape{old[0], old[3], old[1], old[2]};
        setTwin(from_.input, to_.input);
    }

    void setTwin(ValueId id, ValueId of) {
        twin(id) = of;
        computed_[static_cast<std::size_t>(id)] = false;
    }

    // Makes sure that a value is there with the channels last.
    void compute(ValueId id) {
        if (id == kNoValue || computed_[static_cast<std::size_t>(id)]) return;
        computed_[static_cast<std::size_t>(id)] = true;
        to_.nodes.push_back({.name = from_.valueName(id) + ":channels_last",
                             .op = Transpose{kToLast},
                             .inputs = {twin(id)},
                             .output = id});
    }

    void keep(const Node& node) {
        Node copy = node;
        for (ValueId& id : copy.inputs) {
            if (now(id) == id) compute(id);
            id = now(id);
        }
        to_.nodes.push_back(std::move(copy));
    }

    // The same node between twins.
    bool turn(const Node& node, Op op, std::vector<ValueId> inputs) {
        const ValueId output = newValue(from_.valueName(node.output) + ":channels_first");
        to_.nodes.push_back({.name = node.name,
                             .op = std::move(op),
                             .inputs = std::move(inputs),
                             .output = output});
        setTwin(node.output, output);
        return true;
    }

    bool turned(const Node& node) {
        if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
            return turnedTranspose(node, *transpose);
        }
        if (std::ranges::none_of(node.inputs, [&](ValueId id) { return hasTwin(id); })) {
            return false;
        }
        return std::visit([&](const auto& op) { return turnedAs(node, op); }, node.op);
    }

    bool turnedTranspose(const Node& node, const Transpose& transpose) {
        const ValueId in = node.inputs.front();
        if (transpose.axes == kToLast && !hasTwin(in)) {
            setTwin(node.output, now(in));
            return true;
        }
        if (transpose.axes != kToFirst || !hasTwin(in)) return false;
        if (std::ranges::count(from_.outputs, node.output) > 0) {
            to_.nodes.push_back({node.name, Identity{}, {twin(in)}, node.output});
        } else {
            same_[static_cast<std::size_t>(node.output)] = twin(in);
        }
        return true;
    }

    template <class Any>
    bool turnedAs(const Node& /*node*/, const Any& /*op*/) {
        return false;
    }
    bool turnedAs(const Node& node, const Identity& op) {
        return turn(node, op, {twin(node.inputs[0])});
    }
    bool turnedAs(const Node& node, const Activate& op) {
        return turn(node, op, {twin(node.inputs[0])});
    }
    bool turnedAs(const Node& node, const Add& op) { return turnedPair(node, op); }
    bool turnedAs(const Node& node, const Arithmetic& op) { return turnedPair(node, op); }

    bool turnedPair(const Node& node, const Op& op) {
        std::vector<ValueId> inputs;
        for (const ValueId id : node.inputs) {
            if (hasTwin(id)) {
                inputs.push_back(twin(id));
                continue;
            }
            const Tensor* constant = from_.constant(id);
            if (constant == nullptr || constant->shape().rank() > 4) return false;
            // Only what differs between channels at most keeps its order.
            const Shape& own = constant->shape();
            const std::int64_t count = own.elementCount();
            if (count != 1 && own[own.rank() - 1] != count) return false;
            const auto values = constant->values();
            inputs.push_back(newValue(
                from_.valueName(id) + ":channels_first",
                std::make_shared<Tensor>(Shape{1, count, 1, 1},
                                         std::vector<float>(values.begin(), values.end()))));
        }
        return turn(node, op, std::move(inputs));
    }

    bool turnedAs(const Node& node, const LayerNormalization& op) {
        if (op.axis != -1 && op.axis != 3) return false;
        LayerNormalization first = op;
        first.axis = 1;
        first.only_axis = true;
        return turn(node, first, {twin(node.inputs[0]), node.inputs[1], node.inputs[2]});
    }

    bool turnedAs(const Node& node, const Concat& op) {
        if (op.axis != -1 && op.axis != 3) return false;
        std::vector<ValueId> inputs;
        for (const ValueId id : node.inputs) {
            if (!hasTwin(id)) return false;
            inputs.push_back(twin(id));
        }
        return turn(node, Concat{1}, std::move(inputs));
    }

    bool turnedAs(const Node& node, const ReduceMean& op) {
        std::vector<int> axes;
        for (const int axis : op.axes)
            axes.push_back(axis < 0 ? axis + 4 : axis);
        std::ranges::sort(axes);
        const ValueId in = twin(node.inputs[0]);
        if (axes == std::vector{3} && op.keep_dims) return turn(node, ReduceMean{{1}, true}, {in});
        if (axes != std::vector{1, 2}) return false;
        if (op.keep_dims) return turn(node, GlobalAveragePool{}, {in});
        const ValueId mean = newValue(from_.valueName(node.output) + ":mean");
        to_.nodes.push_back({node.name, GlobalAveragePool{}, {in}, mean});
        to_.nodes.push_back({node.name, Flatten{}, {mean}, node.output});
        return true;
    }

    // A product with weights along the channels is a convolution of single cells.
    bool turnedAs(const Node& node, const MatMul& /*op*/) {
        const Tensor* weight = from_.constant(node.inputs[1]);
        if (weight == nullptr || weight->shape().rank() != 2 || !hasTwin(node.inputs[0])) {
            return false;
        }
        return turn(node, Conv{}, {twin(node.inputs[0]), kernelOf(node.inputs[1]), kNoValue});
    }

    // A matrix of weights as those of a convolution: one copy, however many nodes read it.
    ValueId kernelOf(ValueId id) {
        if (const auto known = kernels_.find(id); known != kernels_.end()) return known->second;
        const Tensor& weight = *from_.constant(id);
        const std::int64_t depth = weight.shape()[0];
        const std::int64_t outputs = weight.shape()[1];
        Tensor kernel(Shape{outputs, depth, 1, 1});
        for (std::int64_t o = 0; o < outputs; ++o)
            for (std::int64_t k = 0; k < depth; ++k)
                kernel.values()[static_cast<std::size_t>(o * depth + k)] =
                    weight.values()[static_cast<std::size_t>(k * outputs + o)];
        const ValueId made =
            newValue(from_.valueName(id) + ":kernel", std::make_shared<Tensor>(std::move(kernel)));
        kernels_.emplace(id, made);
        return made;
    }

    // Single cells are the same either way.
    bool flattened(const Node& node) {
        const Shape& x = shape(node.inputs[0]);
        const Shape& y = shape(node.output);
        if (x[1] != 1 || x[2] != 1 || y.rank() != 2 || y[1] != x[3]) return false;
        to_.nodes.push_back({node.name, Flatten{}, {twin(node.inputs[0])}, node.output});
        return true;
    }
    bool turnedAs(const Node& node, const Flatten& /*op*/) { return flattened(node); }
    bool turnedAs(const Node& node, const Reshape& /*op*/) { return flattened(node); }

    const Graph& from_;
    Graph to_;
    std::vector<Shape> shapes_;
    std::vector<ValueId> twins_;  // by old value, kNoValue: it has none
    std::vector<ValueId> same_;   // by old value: what replaces it
    std::vector<bool> computed_;
    std::unordered_set<std::string> names_;
    std::unordered_map<ValueId, ValueId> kernels_;  // by the matrix
};

}  // namespace

bool hasChannelsLast(const Shape& declared) noexcept {
    return declared.rank() == 4 && declared[3] == 3 && declared[1] != 3;
}

Graph channelsFirst(const Graph& graph, const Shape& input) {
    return ChannelsFirst(graph, input).rewritten();
}

}  // namespace overfeat::net
