// SPDX-License-Identifier: Apache-2.0
#include "engine/net/shape_inference.h"

#include <algorithm>
#include <string>

#include "engine/net/ops/ops.h"
#include "engine/net/refusal.h"

namespace overfeat::net {
namespace {

// Every activation extent stays below this, so sums and differences of extents cannot overflow.
constexpr std::int64_t kMaxExtent = std::int64_t{1} << 40;

// Numbers that one pooling or product of matrices may look at: about a minute's work. Ordinary ones
// take a thousandth.
constexpr std::int64_t kMaxPoolingTaps = std::int64_t{1} << 36;

// Elements of `shape`, refused with the node's name if it is empty, too large or not countable.
std::int64_t checkedCount(const Node& node, const Shape& shape) {
    std::int64_t count = 1;
    for (const std::int64_t dim : shape.dims()) {
        if (dim < 1 || dim > kMaxExtent || __builtin_mul_overflow(count, dim, &count)) {
            refuseNode(node, "would produce a tensor of " + shape.toString() +
                                 ", which is empty or too large.");
        }
    }
    return count;
}

// The kernel of a pooling has no weights that would have to be in the file, so nothing else bounds
// how long it takes.
void checkPoolingWork(const Node& node, std::int64_t outputs) {
    const SlidingWindow* window = nullptr;
    if (const auto* pool = std::get_if<MaxPool>(&node.op)) window = &pool->window;
    if (const auto* pool = std::get_if<AveragePool>(&node.op)) window = &pool->window;
    if (window == nullptr) return;
    const Extent2& kernel = window->kernel;
    // Backends slide large averages instead of adding up all their cells again.
    const bool slides = std::holds_alternative<AveragePool>(node.op) &&
                        window->stride == Extent2{1, 1} && window->padding == Padding2{};
    if (slides) return;
    if (outputs <= kMaxPoolingTaps / (kernel.height * kernel.width)) return;
    refuseNode(node, "slides a window of " + std::to_string(kernel.height) + "x" +
                         std::to_string(kernel.width) + " to " + std::to_string(outputs) +
                         " places, which would take too long.");
}

// Two maps of a network may be multiplied, and then no weights bound the work either.
void checkProductWork(const Node& node, const Shape& a, std::int64_t outputs) {
    if (!std::holds_alternative<MatMul>(node.op)) return;
    if (outputs <= kMaxPoolingTaps / a[a.rank() - 1]) return;
    refuseNode(node, "multiplies matrices of " + a.toString() + ", which would take too long.");
}

std::int64_t checkedProduct(const Node& node, std::int64_t a, std::int64_t b) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) refuseNode(node, "needs too many operations.");
    return product;
}

}  // namespace

std::int64_t windowPositions(std::int64_t input, std::int64_t padding_before,
                             std::int64_t padding_after, std::int64_t covered, std::int64_t stride,
                             bool ceil_mode) noexcept {
    const std::int64_t room = input + padding_before + padding_after - covered;
    if (room < 0) return 0;
    const std::int64_t whole = room / stride + 1;
    if (!ceil_mode || room % stride == 0) return whole;
    return whole * stride < input + padding_before ? whole + 1 : whole;
}

Shape outputShape(const Node& node, std::span<const Shape* const> inputs) {
    // What is computed is never empty (below), but a file may hold constants that are.
    for (const Shape* input : inputs) {
        if (input != nullptr &&
            std::ranges::any_of(input->dims(), [](auto dim) { return dim < 1; })) {
            refuseNode(node, "reads a constant without any numbers (" + input->toString() + ").");
        }
        // Nor is it that large, but a file may claim any size for the picture.
        if (input != nullptr &&
            std::ranges::any_of(input->dims(), [](auto dim) { return dim > kMaxExtent; })) {
            refuseNode(node, "reads a tensor of " + input->toString() + ", which is too large.");
        }
    }
    try {
        const Shape shape =
            std::visit([&](const auto& op) { return ops::outputShape(op, node, inputs); }, node.op);
        checkedCount(node, shape);
        return shape;
    } catch (const Error& error) {
        if (!error.where().empty()) throw;
        refuseNode(node, "cannot be computed: " + std::string(error.what()));
    }
}

std::vector<Shape> inferShapes(const Graph& graph, const Shape& input, std::int64_t max_elements) {
    std::vector<Shape> shapes(graph.values.size());
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        if (graph.values[i].constant) shapes[i] = graph.values[i].constant->shape();
    }
    std::int64_t total = 0;
    if (graph.input != kNoValue) {
        total = input.elementCount();
        if (std::ranges::any_of(input.dims(), [](auto dim) { return dim < 1; }) ||
            total > max_elements) {
            throw Error(ErrorCode::kModel,
                        "The network cannot be run on an input of " + input.toString() + ".");
        }
        shapes[static_cast<std::size_t>(graph.input)] = input;
    }
    std::vector<const Shape*> inputs;
    for (const Node& node : graph.nodes) {
        inputs.clear();
        for (const ValueId id : node.inputs)
            inputs.push_back(id == kNoValue ? nullptr : &shapes[static_cast<std::size_t>(id)]);
        const Shape shape = outputShape(node, inputs);
        const std::int64_t count = checkedCount(node, shape);
        if (count > max_elements - total) {
            refuseNode(node, "would produce " + shape.toString() + " numbers, and with them the" +
                                 " network needs more memory than the limit of " +
                                 std::to_string(max_elements / (1 << 20) * 4) +
                                 " MiB for its layers.");
        }
        checkPoolingWork(node, count);
        checkProductWork(node, *inputs.front(), count);
        total += count;
        shapes[static_cast<std::size_t>(node.output)] = shape;
    }
    return shapes;
}

std::int64_t multiplyAdds(const Graph& graph, const Shape& input) {
    const std::vector<Shape> shapes = inferShapes(graph, input);
    std::int64_t total = 0;
    for (const Node& node : graph.nodes) {
        const std::int64_t outputs = shapes[static_cast<std::size_t>(node.output)].elementCount();
        std::int64_t count = 0;
        if (std::holds_alternative<Conv>(node.op)) {
            const Shape& weight = shapes[static_cast<std::size_t>(node.inputs[1])];
            count = checkedProduct(node, outputs, weight.elementCount() / weight[0]);
        } else if (const auto* gemm = std::get_if<Gemm>(&node.op)) {
            const Shape& a = shapes[static_cast<std::size_t>(node.inputs[0])];
            count = checkedProduct(node, outputs, a[gemm->transpose_a ? 0 : 1]);
        } else if (std::holds_alternative<MatMul>(node.op)) {
            const Shape& a = shapes[static_cast<std::size_t>(node.inputs[0])];
            count = checkedProduct(node, outputs, a[a.rank() - 1]);
        } else if (std::holds_alternative<BatchNormalization>(node.op)) {
            count = outputs;
        }
        if (__builtin_add_overflow(total, count, &total)) {
            refuseNode(node, "needs too many operations.");
        }
    }
    return total;
}

}  // namespace overfeat::net
