// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/net/graph_edit.h"
#include "engine/net/passes.h"
#include "engine/net/refusal.h"
#include "engine/net/shape_inference.h"

namespace overfeat::net {
namespace {

// Why a network cannot slide; caught at the end and reported, never shown as a failure.
class CannotSlide : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

[[noreturn]] void cannotSlide(const Node& node, const std::string& why) {
    throw CannotSlide("Node " + inQuotes(node.name) + " (" + std::string(opName(node.op)) + ") " +
                      why);
}

// Listing the cells of a flattened map takes cells^2 weights per channel; 256 MiB for all maps of
// a network together are enough for any classifier's features.
constexpr std::int64_t kMaxUnfoldedWeights = std::int64_t{64} << 20;

// A value of the window network in the dense one.
struct DenseValue {
    ValueId id = kNoValue;
    // Cells per window: 1x1 where the value is one vector per window.
    Extent2 extent;
    std::int64_t channels = 0;
    // The window network has flattened it. In the dense network it stays a map, until a Gemm looks
    // at all `extent` cells of a window at once.
    bool flat = false;

    bool isVector() const { return extent == Extent2{1, 1}; }
};

class Densifier {
public:
    Densifier(const Graph& window, int window_px)
        : window_(window),
          shapes_(inferShapes(window, squareInput(window, window_px))),
          values_(window.values.size()) {
        for (const Value& value : window.values)
            dense_.addValue(value.name, value.constant);
        dense_.input = window.input;
        dense_.input_shape = squareInput(window, -1);
        dense_.input_shape[0] = -1;
        const Shape& input = shapeOf(window.input);
        value(window.input) = {window.input, {input[2], input[3]}, input[1], false};
    }

    DenseGraph run(int window_px) {
        for (const Node& node : window_.nodes) {
            if (isComputedFromConstants(node)) {
                cannotSlide(node, "is computed from constants alone, which is not supported.");
            }
            std::visit([&](const auto& op) { convert(node, op); }, node.op);
        }
        DenseGraph result;
        for (const ValueId output : window_.outputs) {
            DenseValue& last = value(output);
            if (last.flat && !last.isVector()) {
                const ValueId map = last.id;
                last = unfolded(last, window_.valueName(output));
                std::swap(dense_.values[static_cast<std::size_t>(map)].name,
                          dense_.values[static_cast<std::size_t>(last.id)].name);
            }
            dense_.outputs.push_back(last.id);
        }
        averageLate();
        result.graph = fuse(dense_);
        result.report = std::move(report_);
        result.window_px = window_px;
        result.stride_px = commonStride(result.graph);
        validate(result.graph);
        return result;
    }

private:
    const Shape& shapeOf(ValueId id) const { return shapes_[static_cast<std::size_t>(id)]; }
    DenseValue& value(ValueId id) { return values_[static_cast<std::size_t>(id)]; }
    DenseValue& input(const Node& node) { return value(node.inputs.front()); }

    bool isComputedFromConstants(const Node& node) {
        return std::ranges::none_of(
            node.inputs, [&](ValueId id) { return id != kNoValue && value(id).id != kNoValue; });
    }

    // Adds a node that stands for `node`; its output keeps the name.
    void add(const Node& node, Op op, std::vector<ValueId> inputs, DenseValue result) {
        result.id = node.output;
        value(node.output) = result;
        dense_.nodes.push_back(
            {.name = node.name, .op = op, .inputs = std::move(inputs), .output = node.output});
    }

    void limit(const Node& node, const std::string& why) {
        report_.fidelity = DenseFidelity::kApproximate;
        report_.reasons.push_back("Node " + inQuotes(node.name) + " (" +
                                  std::string(opName(node.op)) + ") " + why);
    }

    ValueId addConstant(const std::string& name, Tensor tensor) {
        return dense_.addValue(uniqueName(dense_, name),
                               std::make_shared<const Tensor>(std::move(tensor)));
    }

    void requireMap(const Node& node) {
        if (input(node).flat) cannotSlide(node, "needs a map, but its input has been flattened.");
    }

    // Makes the pending flattening of `map` real: one channel for every channel and cell of a
    // window, in the order in which Flatten would have listed them. However many nodes read the
    // vector, it is computed once.
    DenseValue unfolded(const DenseValue& map, const std::string& name) {
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
        DenseValue result{dense_.addValue(uniqueName(dense_, name + ".cells")),
                          {1, 1},
                          map.channels * cells,
                          true};
        const Conv conv{.window = {.kernel = map.extent}, .groups = map.channels};
        dense_.nodes.push_back(
            {.name = name + ".unfold",
             .op = conv,
             .inputs = {map.id, addConstant(name + ".unfold", std::move(weight)), kNoValue},
             .output = result.id});
        unfolded_.emplace(map.id, result);
        return result;
    }

    DenseValue vectorOf(const DenseValue& given, const std::string& name) {
        return given.flat && !given.isVector() ? unfolded(given, name) : given;
    }

    // What a sliding node produces, with its window made fit for sliding.
    DenseValue slide(const Node& node, SlidingWindow& window) {
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

    // Rounding up lets the last window reach over the end of the input. As padding, the same window
    // exists in every cell of the dense network. Returns whether any window does reach over.
    bool replaceCeiling(const Node& node, SlidingWindow& window, bool& ceil_mode) {
        if (!std::exchange(ceil_mode, false)) return false;
        const Shape& in = shapeOf(node.inputs.front());
        const Shape& out = shapeOf(node.output);
        const Extent2 covered = window.covered();
        const auto missing = [](std::int64_t positions, std::int64_t stride, std::int64_t extent,
                                std::int64_t available) {
            return std::max<std::int64_t>((positions - 1) * stride + extent - available, 0);
        };
        const std::int64_t below = missing(out[2], window.stride.height, covered.height,
                                           in[2] + window.padding.top + window.padding.bottom);
        const std::int64_t beside = missing(out[3], window.stride.width, covered.width,
                                            in[3] + window.padding.left + window.padding.right);
        window.padding.bottom += below;
        window.padding.right += beside;
        return below > 0 || beside > 0;
    }

    void convert(const Node& node, Conv conv) {
        requireMap(node);
        const DenseValue result = slide(node, conv.window);
        std::vector<ValueId> inputs = node.inputs;
        inputs.front() = input(node).id;
        if (inputs.size() == 4) {
            const DenseValue& residual = value(inputs[3]);
            if (residual.id == kNoValue || residual.flat) {
                cannotSlide(node, "adds something that is not a map.");
            }
            inputs[3] = residual.id;
        }
        add(node, conv, std::move(inputs), result);
    }

    void convert(const Node& node, MaxPool pool) {
        requireMap(node);
        replaceCeiling(node, pool.window, pool.ceil_mode);
        const DenseValue result = slide(node, pool.window);
        add(node, pool, {input(node).id}, result);
    }

    // `map` with real zeros around it.
    ValueId withZeros(const Node& node, const DenseValue& map, const Padding2& padding) {
        const std::string name = window_.valueName(node.output) + ".padding";
        Tensor ones(Shape{map.channels, 1, 1, 1},
                    std::vector<float>(static_cast<std::size_t>(map.channels), 1.0F));
        const ValueId weight = addConstant(name + ".weight", std::move(ones));
        const ValueId output = dense_.addValue(uniqueName(dense_, name));
        dense_.nodes.push_back({.name = node.name + ".padding",
                                .op = Conv{.window = {.padding = padding}, .groups = map.channels},
                                .inputs = {map.id, weight, kNoValue},
                                .output = output});
        return output;
    }

    void convert(const Node& node, AveragePool pool) {
        requireMap(node);
        ValueId source = input(node).id;
        const Padding2 own = pool.window.padding;
        const bool reaches_over = replaceCeiling(node, pool.window, pool.ceil_mode);
        const DenseValue result = slide(node, pool.window);
        // An average may count its padding, but never what rounding up adds, and one padding cannot
        // be both. So its own becomes a part of the map, and what remains is not counted. Only
        // cells at the border of the picture ever meet either, among them the one of a single
        // window; elsewhere all taps are pixels, whatever the window network divides by at its
        // border.
        if (reaches_over && pool.count_include_padding) {
            if (!(own == Padding2{})) source = withZeros(node, input(node), own);
            pool.window.padding = {.bottom = pool.window.padding.bottom - own.bottom,
                                   .right = pool.window.padding.right - own.right};
            pool.count_include_padding = false;
        }
        add(node, pool, {source}, result);
    }

    void convert(const Node& node, const GlobalAveragePool&) {
        requireMap(node);
        const DenseValue in = input(node);
        if (in.isVector()) {
            add(node, Identity{}, {in.id}, in);
            return;
        }
        add(node, AveragePool{.window = {.kernel = in.extent}}, {in.id},
            {kNoValue, {1, 1}, in.channels, false});
    }

    void convert(const Node& node, const Activate& activate) {
        add(node, activate, {input(node).id}, input(node));
    }

    void convert(const Node& node, const Identity& identity) {
        add(node, identity, {input(node).id}, input(node));
    }

    void convert(const Node& node, const BatchNormalization& normalization) {
        const DenseValue in = vectorOf(input(node), window_.valueName(node.output));
        std::vector<ValueId> inputs = node.inputs;
        inputs.front() = in.id;
        add(node, normalization, std::move(inputs), in);
    }

    // A constant operand as something that broadcasts over the dense map: one number per channel.
    ValueId perChannel(const Node& node, ValueId id, const DenseValue& map) {
        const Tensor& constant = *window_.constant(id);
        const Shape& shape = constant.shape();
        const auto count = static_cast<std::int64_t>(constant.values().size());
        const int channel_axis = shape.rank() - (map.flat ? 1 : 3);
        const bool fits = count == 1 || (count == map.channels && channel_axis >= 0 &&
                                         shape[channel_axis] == count);
        if (!fits) {
            cannotSlide(node, "adds a constant that differs between the pixels of the window.");
        }
        return addConstant(
            window_.valueName(node.output) + ".per_channel",
            Tensor(Shape{1, count, 1, 1}, {constant.values().begin(), constant.values().end()}));
    }

    void convert(const Node& node, const Add& op) {
        const bool first_varies = value(node.inputs[0]).id != kNoValue;
        const bool second_varies = value(node.inputs[1]).id != kNoValue;
        const std::string& name = window_.valueName(node.output);
        if (first_varies && second_varies) {
            const DenseValue& a = value(node.inputs[0]);
            const DenseValue& b = value(node.inputs[1]);
            if (!(a.extent == b.extent) || a.flat != b.flat) {
                cannotSlide(node,
                            "adds one vector to every cell of a map, so each window would "
                            "need a map of its own.");
            }
            const Shape& out = shapeOf(node.output);
            DenseValue result = a;
            result.channels = out.rank() > 1 && !a.flat ? out[1] : std::max(a.channels, b.channels);
            add(node, op, {a.id, b.id}, result);
            return;
        }
        const DenseValue in = vectorOf(value(node.inputs[first_varies ? 0 : 1]), name);
        if (shapeOf(node.output).elementCount() !=
            in.channels * in.extent.height * in.extent.width) {
            cannotSlide(node, "adds a constant that changes the shape of its input.");
        }
        const ValueId constant = perChannel(node, node.inputs[first_varies ? 1 : 0], in);
        add(node, op, {in.id, constant}, in);
    }

    void convert(const Node& node, const Concat& concat) {
        const int rank = shapeOf(node.output).rank();
        if ((concat.axis < 0 ? concat.axis + rank : concat.axis) != 1) {
            cannotSlide(node, "joins its inputs along another axis than the channels.");
        }
        std::vector<ValueId> inputs;
        DenseValue result;
        for (const ValueId id : node.inputs) {
            if (value(id).id == kNoValue) cannotSlide(node, "joins a constant to a map.");
            const DenseValue next = vectorOf(
                value(id), window_.valueName(node.output) + "." + std::to_string(inputs.size()));
            if (!inputs.empty() && (!(next.extent == result.extent) || next.flat != result.flat)) {
                cannotSlide(node, "joins maps of different extents.");
            }
            result = {kNoValue, next.extent, result.channels + next.channels, next.flat};
            inputs.push_back(next.id);
        }
        add(node, Concat{.axis = 1}, std::move(inputs), result);
    }

    void convert(const Node& node, const Flatten& flatten) {
        const int rank = shapeOf(node.inputs.front()).rank();
        if ((flatten.axis < 0 ? flatten.axis + rank : flatten.axis) != 1) {
            cannotSlide(node, "flattens the batch as well.");
        }
        DenseValue result = input(node);
        result.flat = true;
        add(node, Identity{}, {input(node).id}, result);
    }

    void convert(const Node& node, const Gemm& gemm) {
        const DenseValue& in = input(node);
        if (in.id == kNoValue || !in.flat || gemm.transpose_a) {
            cannotSlide(node, "does not multiply one vector per window by its weights.");
        }
        const std::string name = window_.valueName(node.output);
        const Tensor& weight = *window_.constant(node.inputs[1]);
        const std::int64_t outputs = shapeOf(node.output)[1];
        const std::int64_t features = weight.shape().elementCount() / outputs;
        // A flattened map lists its channels' rows one after the other, which is the order of a
        // convolution's weights as well.
        Tensor kernel(Shape{outputs, in.channels, in.extent.height, in.extent.width});
        for (std::int64_t o = 0; o < outputs; ++o) {
            for (std::int64_t f = 0; f < features; ++f) {
                const std::int64_t at = gemm.transpose_b ? o * features + f : f * outputs + o;
                kernel.values()[static_cast<std::size_t>(o * features + f)] =
                    gemm.alpha * weight.values()[static_cast<std::size_t>(at)];
            }
        }
        ValueId bias = kNoValue;
        if (node.inputs[2] != kNoValue) {
            const Tensor& addend = *window_.constant(node.inputs[2]);
            Tensor biases(Shape{outputs});
            const bool one = addend.values().size() == 1;
            for (std::size_t o = 0; o < biases.values().size(); ++o)
                biases.values()[o] = gemm.beta * addend.values()[one ? 0 : o];
            bias = addConstant(name + ".dense_bias", std::move(biases));
        }
        const ValueId weights = addConstant(name + ".dense_weight", std::move(kernel));
        add(node, Conv{.window = {.kernel = in.extent}}, {in.id, weights, bias},
            {kNoValue, {1, 1}, outputs, true});
    }

    void convert(const Node& node, const Softmax& softmax) {
        const DenseValue in = vectorOf(input(node), window_.valueName(node.output));
        const int rank = shapeOf(node.inputs.front()).rank();
        const int axis = softmax.axis < 0 ? softmax.axis + rank : softmax.axis;
        const bool over_channels =
            axis == 1 && (in.isVector() || (!softmax.flattens_from_axis && !in.flat));
        if (!over_channels) cannotSlide(node, "does not work over the classes of one window.");
        add(node, Softmax{.axis = 1}, {in.id}, in);
    }

    // Averaging and a 1x1 convolution may change places, because both are linear and the weights of
    // the average sum to 1. Averaging afterwards handles the convolution's channels instead of its
    // input's; it pays if those are few enough to make up for convolving the border cells as well.
    void averageLate() {
        const std::vector<int> readers = readerCounts(dense_);
        const std::vector<int> producer = producers(dense_);
        for (Node& node : dense_.nodes) {
            const auto* conv = std::get_if<Conv>(&node.op);
            if (conv == nullptr || !(conv->window == SlidingWindow{}) || conv->groups != 1 ||
                node.inputs.size() != 3 || !conv->activation.isNone()) {
                continue;
            }
            // Flatten has become an Identity in between.
            int source = producer[static_cast<std::size_t>(node.inputs.front())];
            const auto isOnlyRead = [&](int index) {
                const ValueId id = dense_.nodes[static_cast<std::size_t>(index)].output;
                return readers[static_cast<std::size_t>(id)] == 1;
            };
            if (source < 0 || !isOnlyRead(source)) continue;
            Node* pool = &dense_.nodes[static_cast<std::size_t>(source)];
            if (std::holds_alternative<Identity>(pool->op)) {
                source = producer[static_cast<std::size_t>(pool->inputs.front())];
                if (source < 0 || !isOnlyRead(source)) continue;
                pool = &dense_.nodes[static_cast<std::size_t>(source)];
            }
            const auto* average = std::get_if<AveragePool>(&pool->op);
            if (average == nullptr || !(average->window.padding == Padding2{}) ||
                !(average->window.stride == Extent2{1, 1})) {
                continue;
            }
            const Shape& weight = dense_.constant(node.inputs[1])->shape();
            const std::int64_t cells = average->window.kernel.height * average->window.kernel.width;
            if (weight[0] * weight[1] >= (weight[1] - weight[0]) * cells) continue;
            swapped_.emplace_back(pool, &node);
        }
        for (const auto& [pool, node] : swapped_)
            swapWithPool(*pool, *node);
    }

    // pool -> conv becomes conv -> pool, in the same places and under the same output name.
    void swapWithPool(Node& pool, Node& conv) {
        const ValueId between =
            dense_.addValue(uniqueName(dense_, dense_.valueName(conv.output) + ".before_average"));
        const Node average{
            .name = pool.name, .op = pool.op, .inputs = {between}, .output = conv.output};
        Node first = conv;
        first.inputs.front() = pool.inputs.front();
        first.output = between;
        pool = std::move(first);
        conv = average;
    }

    static Extent2 jumpOf(const Graph& dense, ValueId output) {
        try {
            return receptiveField(dense, output).jump_px;
        } catch (const Error& error) {
            throw CannotSlide(error.what());
        }
    }

    Extent2 commonStride(const Graph& dense) {
        std::optional<Extent2> stride;
        for (std::size_t i = 0; i < dense.outputs.size(); ++i) {
            const Extent2 jump = jumpOf(dense, dense.outputs[i]);
            const bool per_window = value(window_.outputs[i]).isVector();
            if (stride && per_window && !(*stride == jump)) {
                throw CannotSlide("The network's outputs " +
                                  inQuotes(dense.valueName(dense.outputs[0])) + " and " +
                                  inQuotes(dense.valueName(dense.outputs[i])) +
                                  " come at different distances.");
            }
            if (per_window || i == 0) stride = jump;
        }
        return stride.value_or(Extent2{1, 1});
    }

    const Graph& window_;
    std::vector<Shape> shapes_;
    std::vector<DenseValue> values_;  // by the id in `window_`; constants have none
    Graph dense_;                     // begins with the values of `window_`, under the same ids
    DenseReport report_;
    std::unordered_map<ValueId, DenseValue> unfolded_;  // by the id of the map
    std::int64_t unfolded_weights_left_ = kMaxUnfoldedWeights;
    std::vector<std::pair<Node*, Node*>> swapped_;
};

}  // namespace

DenseGraph makeDense(const Graph& window_graph, int window_px) {
    if (window_graph.input == kNoValue || window_graph.input_shape.rank() != 4) {
        throw Error(ErrorCode::kModel, "The network does not take pictures, so it cannot slide.");
    }
    // A layer that no output needs must not stand in the way.
    const Graph needed = pruned(window_graph);
    try {
        return Densifier(needed, window_px).run(window_px);
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
