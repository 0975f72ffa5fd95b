// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/net/graph_edit.h"
#include "engine/net/passes.h"

namespace overfeat::net {
namespace {

// Works on one copy of the graph; each step leaves it valid but for values nobody reads, which
// `pruned` removes at the end.
class Fuser {
public:
    explicit Fuser(Graph graph) : graph_(std::move(graph)) {}

    Graph fused() {
        dropIdentities();
        foldPads();
        foldNormalizations();
        fuseActivations();
        fuseResiduals();
        return pruned(graph_);
    }

private:
    Node* producer(ValueId id) {
        const auto found = std::ranges::find(graph_.nodes, id, &Node::output);
        return found == graph_.nodes.end() ? nullptr : &*found;
    }

    bool isOutput(ValueId id) const {
        return std::ranges::find(graph_.outputs, id) != graph_.outputs.end();
    }

    // True if `id` exists only for the one node that reads it, which may therefore take it over.
    bool isPrivate(ValueId id, const std::vector<int>& readers) const {
        return readers[static_cast<std::size_t>(id)] == 1 && !isOutput(id);
    }

    void erase(const std::vector<bool>& done) {
        std::vector<Node> kept;
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            if (!done[i]) kept.push_back(std::move(graph_.nodes[i]));
        }
        graph_.nodes = std::move(kept);
    }

    void dropIdentities() {
        std::vector<bool> done(graph_.nodes.size());
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            if (!std::holds_alternative<Identity>(graph_.nodes[i].op)) continue;
            const ValueId in = graph_.nodes[i].inputs.front();
            const ValueId out = graph_.nodes[i].output;
            if (!isOutput(out)) {
                replaceReaders(graph_, out, in);
                done[i] = true;
                continue;
            }
            // Outputs keep their names: let the producer write to it directly if that is possible.
            Node* source = producer(in);
            if (source == nullptr || isOutput(in)) continue;
            replaceReaders(graph_, in, out);
            source->output = out;
            done[i] = true;
        }
        erase(done);
    }

    // Zeros around the input of a convolution or an average are padding of its own.
    void foldPads() {
        const std::vector<int> readers = readerCounts(graph_);
        std::vector<bool> done(graph_.nodes.size());
        for (Node& node : graph_.nodes) {
            const ValueId in = node.inputs.front();
            auto* conv = std::get_if<Conv>(&node.op);
            auto* average = std::get_if<AveragePool>(&node.op);
            if ((conv == nullptr && average == nullptr) || !isPrivate(in, readers)) continue;
            const Node* source = producer(in);
            const auto* pad = source == nullptr ? nullptr : std::get_if<Pad>(&source->op);
            if (pad == nullptr || pad->repeats_edge || pad->value != 0) continue;
            Padding2& own = windowOf(node.op)->padding;
            const Padding2& more = pad->padding;
            const Extent2 covered = windowOf(node.op)->covered();
            if (average != nullptr) {
                const bool can_be_its_own = own == Padding2{} && !average->ceil_mode &&
                                            std::max(more.top, more.bottom) < covered.height &&
                                            std::max(more.left, more.right) < covered.width;
                if (!can_be_its_own) continue;
                average->count_include_padding = true;
            }
            const Padding2 sum{own.top + more.top, own.left + more.left, own.bottom + more.bottom,
                               own.right + more.right};
            constexpr std::int64_t kMost = 65'536;
            if (std::max({sum.top, sum.left, sum.bottom, sum.right}) > kMost) continue;
            own = sum;
            node.inputs.front() = source->inputs.front();
            done[static_cast<std::size_t>(source - graph_.nodes.data())] = true;
        }
        erase(done);
    }

    ValueId addConstant(const std::string& name, Shape shape, std::vector<float> values) {
        return graph_.addValue(uniqueName(graph_, name),
                               std::make_shared<Tensor>(shape, std::move(values)));
    }

    // y = factor * x + offset per channel.
    struct Affine {
        std::vector<double> factor;
        std::vector<double> offset;
    };
    Affine normalization(const Node& node) const {
        const auto numbers = [&](std::size_t input) {
            return graph_.constant(node.inputs[input])->values();
        };
        const double epsilon = std::get<BatchNormalization>(node.op).epsilon;
        Affine result;
        for (std::size_t c = 0; c < numbers(1).size(); ++c) {
            const double factor = numbers(1)[c] / std::sqrt(numbers(4)[c] + epsilon);
            result.factor.push_back(factor);
            result.offset.push_back(numbers(2)[c] - numbers(3)[c] * factor);
        }
        return result;
    }

    // What is added to, or multiplied with, a map of this many channels: one number for all of
    // them, or one for each.
    std::optional<Affine> scaling(const Node& node, std::size_t channels) const {
        const bool first = graph_.constant(node.inputs[0]) != nullptr;
        const Tensor* constant = graph_.constant(node.inputs[first ? 0 : 1]);
        if (constant == nullptr) return std::nullopt;
        const Shape& own = constant->shape();
        const std::size_t count = constant->values().size();
        const bool each = count == channels && own.rank() >= 3 && own.rank() <= 4 &&
                          own[own.rank() - 3] == static_cast<std::int64_t>(channels);
        if (!each && (count != 1 || own.rank() > 4)) return std::nullopt;
        Affine result;
        for (std::size_t c = 0; c < channels; ++c) {
            const double number = constant->values()[each ? c : 0];
            const auto* arithmetic = std::get_if<Arithmetic>(&node.op);
            double factor = 1;
            double offset = 0;
            if (arithmetic == nullptr) {
                offset = number;
            } else if (arithmetic->kind == Arithmetic::Kind::kMultiply) {
                factor = number;
            } else if (arithmetic->kind == Arithmetic::Kind::kDivide && !first && number != 0) {
                factor = 1 / number;
            } else if (arithmetic->kind == Arithmetic::Kind::kSubtract) {
                factor = first ? -1 : 1;
                offset = first ? number : -number;
            } else {
                return std::nullopt;
            }
            result.factor.push_back(factor);
            result.offset.push_back(offset);
        }
        return result;
    }

    bool isScaling(const Node& node) const {
        const auto* add = std::get_if<Add>(&node.op);
        return (add != nullptr && add->activation.isNone()) ||
               std::holds_alternative<Arithmetic>(node.op);
    }

    // The convolution `conv` followed by `node`'s affine map, as one convolution.
    void foldInto(Node& conv, const Node& node, const Affine& map) {
        const Tensor& weight = *graph_.constant(conv.inputs[1]);
        const Tensor* bias = graph_.constant(conv.inputs[2]);
        const std::size_t channels = map.factor.size();
        const std::size_t per_channel = weight.values().size() / channels;
        std::vector<float> weights(weight.values().size());
        std::vector<float> biases(channels);
        for (std::size_t c = 0; c < channels; ++c) {
            for (std::size_t i = c * per_channel; i < (c + 1) * per_channel; ++i)
                weights[i] = static_cast<float>(weight.values()[i] * map.factor[c]);
            const double before = bias == nullptr ? 0.0 : bias->values()[c];
            biases[c] = static_cast<float>(before * map.factor[c] + map.offset[c]);
        }
        const std::string name = graph_.valueName(node.output);
        const Shape shape = weight.shape();
        const auto count = static_cast<std::int64_t>(channels);
        conv.inputs[1] = addConstant(name + ".folded_weight", shape, std::move(weights));
        conv.inputs[2] = addConstant(name + ".folded_bias", Shape{count}, std::move(biases));
        conv.output = node.output;
    }

    // Whether weights may be replaced by changed ones. Those that nothing else reads go for them;
    // others stay, and how much is copied of them is bounded.
    bool mayCopy(ValueId weight, const std::vector<int>& readers) {
        const auto index = static_cast<std::size_t>(weight);
        if (index >= readers.size() || readers[index] == 1) return true;  // made here, or private
        const std::int64_t count = graph_.constant(weight)->shape().elementCount();
        if (count > copies_left_) return false;
        copies_left_ -= count;
        return true;
    }

    void makeDepthwise(Node& node) {
        const Affine map = normalization(node);
        const auto channels = static_cast<std::int64_t>(map.factor.size());
        const std::string name = graph_.valueName(node.output);
        const auto floats = [](const std::vector<double>& numbers) {
            return std::vector<float>(numbers.begin(), numbers.end());
        };
        const ValueId weight =
            addConstant(name + ".weight", Shape{channels, 1, 1, 1}, floats(map.factor));
        const ValueId bias = addConstant(name + ".bias", Shape{channels}, floats(map.offset));
        node.op = Conv{.groups = channels};
        node.inputs = {node.inputs.front(), weight, bias};
    }

    void foldNormalizations() {
        const std::vector<int> ranks = valueRanks();
        const std::vector<int> readers = readerCounts(graph_);
        std::vector<bool> done(graph_.nodes.size());
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            Node& node = graph_.nodes[i];
            const bool normalizes = std::holds_alternative<BatchNormalization>(node.op);
            if (!normalizes && !isScaling(node)) continue;
            const bool swapped = !normalizes && graph_.constant(node.inputs[0]) != nullptr;
            const ValueId in = node.inputs[swapped ? 1 : 0];
            Node* source = isPrivate(in, readers) ? producer(in) : nullptr;
            const Conv* conv = source == nullptr ? nullptr : std::get_if<Conv>(&source->op);
            std::optional<Affine> map;
            if (conv != nullptr && conv->activation.isNone() && source->inputs.size() == 3) {
                const auto channels = graph_.constant(source->inputs[1])->shape()[0];
                map = normalizes ? normalization(node)
                                 : scaling(node, static_cast<std::size_t>(channels));
            }
            if (map && mayCopy(source->inputs[1], readers)) {
                foldInto(*source, node, *map);
                done[i] = true;
            } else if (normalizes && ranks[static_cast<std::size_t>(in)] == 4) {
                makeDepthwise(node);
            }
        }
        erase(done);
    }

    // Numbers of dimensions follow from the operators; 0 where they do not.
    std::vector<int> valueRanks() const {
        std::vector<int> ranks(graph_.values.size());
        const auto rank = [&](ValueId id) -> int& { return ranks[static_cast<std::size_t>(id)]; };
        for (std::size_t i = 0; i < ranks.size(); ++i) {
            if (graph_.values[i].constant) ranks[i] = graph_.values[i].constant->shape().rank();
        }
        if (graph_.input != kNoValue) rank(graph_.input) = graph_.input_shape.rank();
        for (const Node& node : graph_.nodes) {
            int& out = rank(node.output);
            out = rank(node.inputs.front());
            if (std::holds_alternative<Add>(node.op) ||
                std::holds_alternative<Arithmetic>(node.op) ||
                std::holds_alternative<MatMul>(node.op)) {
                out = std::max(out, rank(node.inputs[1]));
            }
            if (const auto* reshape = std::get_if<Reshape>(&node.op)) out = reshape->shape.rank();
            if (const auto* mean = std::get_if<ReduceMean>(&node.op);
                mean != nullptr && !mean->keep_dims) {
                out = 0;
            }
            if (std::holds_alternative<Flatten>(node.op)) out = 2;
            if (std::holds_alternative<Gemm>(node.op)) out = 2;
        }
        return ranks;
    }

    // First `a`, then `b`, as one.
    static Activation chained(const Activation& a, const Activation& b) {
        const auto second = [&](float value) { return std::min(std::max(value, b.low), b.high); };
        return {.low = second(a.low), .high = second(a.high)};
    }

    // Curves with which layers of usual networks end; the others are parts of something written
    // out, and a step of their own.
    static bool endsLayers(Curve curve) {
        return curve != Curve::kErf && curve != Curve::kFloor && curve != Curve::kCeil &&
               curve != Curve::kSqrt;
    }

    void fuseActivations() {
        const std::vector<int> readers = readerCounts(graph_);
        std::vector<bool> done(graph_.nodes.size());
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            const Node& node = graph_.nodes[i];
            const auto* activate = std::get_if<Activate>(&node.op);
            if (activate == nullptr || !isPrivate(node.inputs.front(), readers)) continue;
            Node* source = producer(node.inputs.front());
            if (source == nullptr) continue;
            Activation* target = nullptr;
            if (auto* conv = std::get_if<Conv>(&source->op)) target = &conv->activation;
            if (auto* add = std::get_if<Add>(&source->op)) target = &add->activation;
            if (auto* before = std::get_if<Activate>(&source->op)) target = &before->activation;
            if (target == nullptr || !target->clips()) continue;
            if (activate->activation.clips()) {
                *target = chained(*target, activate->activation);
            } else if (target->isNone() && std::holds_alternative<Conv>(source->op) &&
                       endsLayers(activate->activation.curve)) {
                *target = activate->activation;
            } else {
                continue;
            }
            source->output = node.output;
            done[i] = true;
        }
        erase(done);
    }

    // Shapes for some input the network accepts, to see which additions broadcast. The largest is
    // tried first, so that maps have different extents from vectors.
    std::vector<Shape> sampleShapes() const {
        constexpr std::array<std::int64_t, 17> kSides{1536, 512, 384, 320, 299, 256, 240, 231, 224,
                                                      221,  192, 160, 128, 96,  64,  48,  32};
        constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;
        if (graph_.input == kNoValue || graph_.input_shape.rank() != 4) return {};
        for (const std::int64_t side : kSides) {
            Shape input = squareInput(graph_, side);
            // A batch of two shows what broadcasts over the batch.
            input[0] = 2;
            for (const int axis : {2, 3}) {
                if (graph_.input_shape[axis] > 0) input[axis] = graph_.input_shape[axis];
            }
            try {
                return inferShapes(graph_, input, kNoLimit);
            } catch (const Error&) {
                continue;  // a network with fully connected layers takes one size only
            }
        }
        return {};
    }

    void fuseResiduals() {
        const std::vector<Shape> shapes = sampleShapes();
        if (shapes.empty()) return;
        const auto shape = [&](ValueId id) { return shapes[static_cast<std::size_t>(id)]; };
        const std::vector<int> readers = readerCounts(graph_);
        std::vector<bool> done(graph_.nodes.size());
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            const auto* add = std::get_if<Add>(&graph_.nodes[i].op);
            if (add == nullptr) continue;
            const Activation activation = add->activation;
            const std::vector<ValueId> operands = graph_.nodes[i].inputs;
            if (graph_.constant(operands[0]) != nullptr ||
                graph_.constant(operands[1]) != nullptr ||
                !(shape(operands[0]) == shape(operands[1]))) {
                continue;
            }
            // Of two convolutions the later one takes the sum: it is the block's last.
            std::size_t best = i;
            for (const ValueId id : operands) {
                if (!isPrivate(id, readers)) continue;
                const Node* source = producer(id);
                if (source == nullptr || source->inputs.size() != 3) continue;
                const auto* conv = std::get_if<Conv>(&source->op);
                if (conv == nullptr || !conv->activation.isNone()) continue;
                const auto index = static_cast<std::size_t>(source - graph_.nodes.data());
                if (best == i || index > best) best = index;
            }
            if (best == i) continue;
            // The convolution moves to the place of the addition, where both operands exist; the
            // addition was its only reader, so nothing in between misses it.
            Node conv = graph_.nodes[best];
            conv.inputs.push_back(operands[0] == conv.output ? operands[1] : operands[0]);
            std::get<Conv>(conv.op).activation = activation;
            conv.output = graph_.nodes[i].output;
            graph_.nodes[i] = std::move(conv);
            graph_.nodes[best].output = kNoValue;
            done[best] = true;
        }
        erase(done);
    }

    Graph graph_;
    std::int64_t copies_left_ = kMaxCopiedWeights;
};

}  // namespace

Graph fuse(const Graph& graph) {
    return Fuser(graph).fused();
}

}  // namespace overfeat::net
