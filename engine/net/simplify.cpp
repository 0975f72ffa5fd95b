// SPDX-License-Identifier: Apache-2.0
#include "engine/net/simplify.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/core/error.h"
#include "engine/net/graph_edit.h"

namespace overfeat::net {
namespace {

using Kind = Arithmetic::Kind;

// Works on one copy of the graph: a node that ends a pattern becomes the whole of it, in its place
// and under its name, and what only it has read is left for `pruned`.
class Simplifier {
public:
    Simplifier(Graph graph, const Shape& input)
        : graph_(std::move(graph)),
          shapes_(inferShapes(graph_, input)),
          makers_(producers(graph_)) {}

    Graph rewritten() {
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            Node& node = graph_.nodes[i];
            if (auto shuffled = asShuffle(node)) become(node, std::move(*shuffled));
            if (auto once = asOneReshape(node)) become(node, std::move(*once));
            if (auto matrix = asGemm(node)) become(node, std::move(*matrix));
            if (auto norm = asNormalization(node)) becomeSameShape(node, std::move(*norm));
            if (auto scaled = asScaledNormalization(node))
                becomeSameShape(node, std::move(*scaled));
            if (auto gate = asHardSigmoid(node)) becomeSameShape(node, std::move(*gate));
            if (auto curve = asCurve(node)) becomeSameShape(node, std::move(*curve));
        }
        return std::move(graph_);
    }

private:
    struct Replacement {
        Op op;
        std::vector<ValueId> inputs;
    };

    void become(Node& node, Replacement replacement) {
        node.op = std::move(replacement.op);
        node.inputs = std::move(replacement.inputs);
    }

    // For what keeps the shape of its input. Written out it may have raised the rank: a constant of
    // one number can have any.
    void becomeSameShape(Node& node, Replacement replacement) {
        if (shape(replacement.inputs.front()) == shape(node.output))
            become(node, std::move(replacement));
    }

    const Shape& shape(ValueId id) const { return shapes_[static_cast<std::size_t>(id)]; }
    const Node* maker(ValueId id) const {
        const int index = id == kNoValue ? -1 : makers_[static_cast<std::size_t>(id)];
        return index < 0 ? nullptr : &graph_.nodes[static_cast<std::size_t>(index)];
    }
    // The operator that made a value, if it is of this kind.
    template <class O>
    const O* made(ValueId id) const {
        const Node* node = maker(id);
        return node == nullptr ? nullptr : std::get_if<O>(&node->op);
    }
    bool isMade(ValueId id, Curve curve) const {
        const auto* activate = made<Activate>(id);
        return activate != nullptr && activate->activation.curve == curve;
    }

    // The constant operand of `node` and the other one, in whichever order if that means the same.
    struct WithConstant {
        ValueId varies;
        ValueId constant;
    };
    std::optional<WithConstant> withConstant(const Node& node, bool in_any_order) const {
        if (node.inputs.size() != 2) return std::nullopt;
        const bool first = graph_.constant(node.inputs[0]) != nullptr;
        const bool second = graph_.constant(node.inputs[1]) != nullptr;
        if (first == second || (first && !in_any_order)) return std::nullopt;
        return WithConstant{node.inputs[first ? 1 : 0], node.inputs[first ? 0 : 1]};
    }
    // As exactly as half precision can say it.
    bool isNumber(ValueId id, double wanted) const {
        const Tensor* constant = graph_.constant(id);
        return constant != nullptr && constant->values().size() == 1 &&
               std::abs(constant->values().front() - wanted) <= 5e-4 * std::abs(wanted);
    }
    static bool is(const Node& node, Kind kind) {
        const auto* arithmetic = std::get_if<Arithmetic>(&node.op);
        return arithmetic != nullptr && arithmetic->kind == kind;
    }
    // If `id` is something plus this number: that.
    std::optional<ValueId> minus(ValueId id, double number) const {
        const Node* node = maker(id);
        if (node == nullptr || !std::holds_alternative<Add>(node->op)) return std::nullopt;
        const auto pair = withConstant(*node, true);
        if (!pair || !isNumber(pair->constant, number)) return std::nullopt;
        return pair->varies;
    }
    // If `node` is something times this number, or divided by one over it: that.
    std::optional<ValueId> timesNumber(const Node* node, double factor) const {
        if (node == nullptr) return std::nullopt;
        const bool product = is(*node, Kind::kMultiply);
        if (!product && !is(*node, Kind::kDivide)) return std::nullopt;
        const auto pair = withConstant(*node, product);
        if (!pair || !isNumber(pair->constant, product ? factor : 1 / factor)) return std::nullopt;
        return pair->varies;
    }

    // clip(x + 3, 0, 6) as made by older exporters.
    std::optional<ValueId> clippedByThree(ValueId id) const {
        const auto* activate = made<Activate>(id);
        if (activate == nullptr || !(activate->activation == Activation{.low = 0, .high = 6})) {
            return std::nullopt;
        }
        return minus(maker(id)->inputs.front(), 3);
    }

    std::optional<Replacement> asHardSigmoid(const Node& node) const {
        const auto clipped = timesNumber(&node, 1.0 / 6);
        if (!clipped) return std::nullopt;
        if (const auto x = clippedByThree(*clipped)) {
            return Replacement{
                Activate{{.curve = Curve::kHardSigmoid, .slope = 1.0F / 6, .offset = 0.5F}}, {*x}};
        }
        // x * clip(x + 3) / 6
        const Node* product = maker(*clipped);
        if (product == nullptr || !is(*product, Kind::kMultiply)) return std::nullopt;
        for (const std::size_t i : {0U, 1U}) {
            const auto x = clippedByThree(product->inputs[i]);
            if (x && *x == product->inputs[1 - i]) {
                return Replacement{Activate{Activation::of(Curve::kHardSwish)}, {*x}};
            }
        }
        return std::nullopt;
    }

    bool isGateOf(ValueId gate, ValueId x, Curve curve) const {
        if (!isMade(gate, curve) || maker(gate)->inputs.front() != x) return false;
        const Activation& activation = made<Activate>(gate)->activation;
        return curve != Curve::kHardSigmoid || (std::abs(activation.slope - 1.0F / 6) < 1e-4F &&
                                                std::abs(activation.offset - 0.5F) < 1e-4F);
    }

    // 1 + erf(x / sqrt(2)).
    std::optional<ValueId> gaussOf(ValueId id) const {
        const auto erf = minus(id, 1);
        if (!erf || !isMade(*erf, Curve::kErf)) return std::nullopt;
        return timesNumber(maker(maker(*erf)->inputs.front()), std::sqrt(0.5));
    }

    std::optional<Replacement> asCurve(const Node& node) const {
        if (!is(node, Kind::kMultiply)) return std::nullopt;
        const auto curve = [](Curve which, ValueId x) {
            return Replacement{Activate{Activation::of(which)}, {x}};
        };
        for (const std::size_t i : {0U, 1U}) {
            const ValueId x = node.inputs[i];
            const ValueId gate = node.inputs[1 - i];
            if (isGateOf(gate, x, Curve::kSigmoid)) return curve(Curve::kSwish, x);
            if (isGateOf(gate, x, Curve::kHardSigmoid)) return curve(Curve::kHardSwish, x);
            // x / 2 * (1 + erf), x * ((1 + erf) / 2), and (x * (1 + erf)) / 2.
            const auto gauss = gaussOf(gate);
            if (gauss && timesNumber(maker(x), 0.5) == gauss) return curve(Curve::kGelu, *gauss);
            if (const auto whole = timesNumber(maker(gate), 0.5);
                whole && gaussOf(*whole) == std::optional(x)) {
                return curve(Curve::kGelu, x);
            }
        }
        const auto product = timesNumber(&node, 0.5);
        const Node* inner = product ? maker(*product) : nullptr;
        if (inner == nullptr || !is(*inner, Kind::kMultiply)) return std::nullopt;
        for (const std::size_t i : {0U, 1U}) {
            const auto gauss = gaussOf(inner->inputs[i]);
            if (gauss && *gauss == inner->inputs[1 - i]) return curve(Curve::kGelu, *gauss);
        }
        return std::nullopt;
    }

    // The one axis that is averaged, counted from the end.
    std::optional<int> averagedAxis(ValueId mean) const {
        const auto* op = made<ReduceMean>(mean);
        if (op == nullptr || op->axes.size() != 1 || !op->keep_dims) return std::nullopt;
        const int rank = shape(maker(mean)->inputs.front()).rank();
        return op->axes[0] < 0 ? op->axes[0] : op->axes[0] - rank;
    }

    // d / sqrt(mean(d^2) + epsilon) with d = x - mean(x).
    std::optional<Replacement> asNormalization(const Node& node) {
        if (!is(node, Kind::kDivide)) return std::nullopt;
        const ValueId d = node.inputs[0];
        const Node* difference = maker(d);
        if (difference == nullptr || !is(*difference, Kind::kSubtract)) return std::nullopt;
        const ValueId x = difference->inputs[0];
        const ValueId mean = difference->inputs[1];
        const auto axis = averagedAxis(mean);
        if (!axis || maker(mean)->inputs.front() != x) return std::nullopt;
        const ValueId root = node.inputs[1];
        if (!isMade(root, Curve::kSqrt)) return std::nullopt;
        const Node* sum = maker(maker(root)->inputs.front());
        if (sum == nullptr || !std::holds_alternative<Add>(sum->op)) return std::nullopt;
        const auto pair = withConstant(*sum, true);
        if (!pair || graph_.constant(pair->constant)->values().size() != 1) return std::nullopt;
        const ValueId variance = pair->varies;
        if (averagedAxis(variance) != axis) return std::nullopt;
        const Node* square = maker(maker(variance)->inputs.front());
        if (square == nullptr || square->inputs.size() != 2 || square->inputs[0] != d) {
            return std::nullopt;
        }
        const bool squared = (is(*square, Kind::kPower) && isNumber(square->inputs[1], 2)) ||
                             (is(*square, Kind::kMultiply) && square->inputs[1] == d);
        const float epsilon = graph_.constant(pair->constant)->values().front();
        if (!squared || !(epsilon >= 0)) return std::nullopt;
        const int rank = shape(x).rank();
        const std::int64_t length = shape(x)[rank + *axis];
        const ValueId ones = addConstant(
            node, Tensor(Shape{length}, std::vector<float>(static_cast<std::size_t>(length), 1)));
        return Replacement{LayerNormalization{.axis = *axis, .only_axis = true, .epsilon = epsilon},
                           {x, ones, kNoValue}};
    }

    // Scale and bias that follow one, as part of it.
    std::optional<Replacement> asScaledNormalization(const Node& node) {
        const bool scales = is(node, Kind::kMultiply);
        if (!scales && !std::holds_alternative<Add>(node.op)) return std::nullopt;
        const auto pair = withConstant(node, true);
        if (!pair) return std::nullopt;
        const auto* given = made<LayerNormalization>(pair->varies);
        if (given == nullptr || !given->only_axis) return std::nullopt;
        const Node& before = *maker(pair->varies);
        const auto numbers = alongAxis(pair->constant, shape(before.output), given->axis);
        if (!numbers || before.inputs[2] != kNoValue) return std::nullopt;
        const Tensor& old = *graph_.constant(before.inputs[1]);
        if (!scales) {
            const ValueId bias = addConstant(node, Tensor(Shape{old.shape()[0]}, *numbers));
            return Replacement{*given, {before.inputs[0], before.inputs[1], bias}};
        }
        std::vector<float> scale = *numbers;
        for (std::size_t i = 0; i < scale.size(); ++i)
            scale[i] *= old.values()[i];
        const ValueId id = addConstant(node, Tensor(Shape{old.shape()[0]}, std::move(scale)));
        return Replacement{*given, {before.inputs[0], id, kNoValue}};
    }

    // The numbers of a constant that differs along one axis of `x` at most (counted from the end).
    std::optional<std::vector<float>> alongAxis(ValueId id, const Shape& x, int axis) const {
        const Tensor& constant = *graph_.constant(id);
        const std::int64_t length = x[x.rank() + axis];
        const auto values = constant.values();
        const Shape& own = constant.shape();
        if (values.size() == 1) {
            return std::vector<float>(static_cast<std::size_t>(length), values.front());
        }
        if (own.rank() > x.rank() || own.rank() + axis < 0 || own[own.rank() + axis] != length ||
            static_cast<std::int64_t>(values.size()) != length) {
            return std::nullopt;
        }
        return std::vector<float>(values.begin(), values.end());
    }

    // One row per picture times weights, and what is added to it.
    std::optional<Replacement> asGemm(const Node& node) const {
        if (std::holds_alternative<MatMul>(node.op)) {
            if (shape(node.inputs[0]).rank() != 2 || shape(node.inputs[1]).rank() != 2 ||
                graph_.constant(node.inputs[1]) == nullptr) {
                return std::nullopt;
            }
            return Replacement{Gemm{}, {node.inputs[0], node.inputs[1], kNoValue}};
        }
        if (!std::holds_alternative<Add>(node.op)) return std::nullopt;
        const auto pair = withConstant(node, true);
        const auto* gemm = pair ? made<Gemm>(pair->varies) : nullptr;
        if (gemm == nullptr || maker(pair->varies)->inputs[2] != kNoValue) return std::nullopt;
        const Shape& addend = shape(pair->constant);
        const std::int64_t columns = shape(node.output)[shape(node.output).rank() - 1];
        const bool fits = addend.elementCount() == columns && addend.rank() <= 2 &&
                          addend.rank() > 0 && addend[addend.rank() - 1] == columns;
        if (!fits || !(shape(node.output) == shape(pair->varies))) return std::nullopt;
        const Node& before = *maker(pair->varies);
        Gemm whole = *gemm;
        whole.beta = 1;  // it had nothing to weigh
        return Replacement{whole, {before.inputs[0], before.inputs[1], pair->constant}};
    }

    // [N, C, H, W] -> [N, g, C / g, H, W] -> [N, C / g, g, H, W] -> [N, C, H, W].
    std::optional<Replacement> asShuffle(const Node& node) const {
        if (!std::holds_alternative<Reshape>(node.op)) return std::nullopt;
        const ValueId swapped = node.inputs.front();
        const auto* transpose = made<Transpose>(swapped);
        if (transpose == nullptr || transpose->axes != std::vector{0, 2, 1, 3, 4}) {
            return std::nullopt;
        }
        const ValueId split = maker(swapped)->inputs.front();
        if (made<Reshape>(split) == nullptr) return std::nullopt;
        const ValueId x = maker(split)->inputs.front();
        const Shape& in = shape(x);
        const Shape& groups = shape(split);
        if (in.rank() != 4 || !(shape(node.output) == in) || groups[0] != in[0] ||
            groups[1] * groups[2] != in[1] || groups[3] != in[2] || groups[4] != in[3]) {
            return std::nullopt;
        }
        Gather gather;
        for (std::int64_t c = 0; c < in[1]; ++c)
            gather.indices.push_back(
                static_cast<std::int32_t>(c % groups[1] * groups[2] + c / groups[1]));
        return Replacement{gather, {x}};
    }

    // Twice other extents are once others, or none. The batch stays open where both keep it.
    std::optional<Replacement> asOneReshape(const Node& node) const {
        if (!std::holds_alternative<Reshape>(node.op) ||
            made<Reshape>(node.inputs.front()) == nullptr) {
            return std::nullopt;
        }
        const ValueId x = maker(node.inputs.front())->inputs.front();
        if (shape(x) == shape(node.output)) return Replacement{Identity{}, {x}};
        Shape once = shape(node.output);
        if (once.rank() > 0 && shape(x).rank() > 0 && once[0] == shape(x)[0]) once[0] = 0;
        return Replacement{Reshape{once}, {x}};
    }

    ValueId addConstant(const Node& node, Tensor tensor) {
        const std::string name =
            graph_.valueName(node.output) + ":constant" + std::to_string(graph_.values.size());
        shapes_.push_back(tensor.shape());
        makers_.push_back(-1);
        return graph_.addValue(uniqueName(graph_, name),
                               std::make_shared<const Tensor>(std::move(tensor)));
    }

    Graph graph_;
    std::vector<Shape> shapes_;
    std::vector<int> makers_;  // by value
};

// Of the operators that only exporters' small steps are made of.
bool isWrittenOut(const Node& node) {
    return std::holds_alternative<Arithmetic>(node.op) ||
           std::holds_alternative<Transpose>(node.op) || std::holds_alternative<MatMul>(node.op) ||
           std::holds_alternative<ReduceMean>(node.op);
}

}  // namespace

Graph simplified(const Graph& graph, const Shape& input, std::span<const ValueId> keep) {
    if (!hasChannelsLast(graph.input_shape) && std::ranges::none_of(graph.nodes, isWrittenOut)) {
        return graph;
    }
    Graph whole = graph;
    const std::size_t outputs = graph.outputs.size();
    whole.outputs.insert(whole.outputs.end(), keep.begin(), keep.end());
    const auto rid = [&](Graph rewritten) {
        rewritten = pruned(rewritten);
        validate(rewritten);
        return rewritten;
    };
    whole = rid(Simplifier(std::move(whole), input).rewritten());
    whole = rid(channelsFirst(whole, input));
    whole.outputs.resize(outputs);
    return whole;
}

}  // namespace overfeat::net
