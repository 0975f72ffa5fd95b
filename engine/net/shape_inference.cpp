// SPDX-License-Identifier: Apache-2.0
#include "engine/net/shape_inference.h"

#include <algorithm>
#include <string>

#include "engine/net/refusal.h"

namespace overfeat::net {
namespace {

// Every activation extent stays below this, so sums and differences of extents cannot overflow.
constexpr std::int64_t kMaxExtent = std::int64_t{1} << 40;

// Numbers that one pooling may look at: about a minute's work. Ordinary ones take a thousandth.
constexpr std::int64_t kMaxPoolingTaps = std::int64_t{1} << 36;

using Inputs = std::span<const Shape* const>;

void requireRank(const Node& node, const Shape& shape, int rank, const char* what) {
    if (shape.rank() == rank) return;
    refuseNode(node, std::string("needs ") + what + " with " + std::to_string(rank) +
                         " dimensions, but it is " + shape.toString() + ".");
}

int resolvedAxis(const Node& node, int axis, int rank, int highest) {
    const int resolved = axis < 0 ? axis + rank : axis;
    if (resolved < 0 || resolved > highest) {
        refuseNode(node, "works along axis " + std::to_string(axis) + ", but its input has only " +
                             std::to_string(rank) + " dimensions.");
    }
    return resolved;
}

// Height and width after sliding `window` over `x`.
Extent2 slide(const Node& node, const Shape& x, const SlidingWindow& window, bool ceil_mode) {
    requireRank(node, x, 4, "an input");
    const Extent2 covered = window.covered();
    const Extent2 out{windowPositions(x[2], window.padding.top, window.padding.bottom,
                                      covered.height, window.stride.height, ceil_mode),
                      windowPositions(x[3], window.padding.left, window.padding.right,
                                      covered.width, window.stride.width, ceil_mode)};
    if (out.height < 1 || out.width < 1) {
        refuseNode(node, "slides a window of " + std::to_string(covered.height) + "x" +
                             std::to_string(covered.width) + " over an input of " + x.toString() +
                             ", which is too small for it.");
    }
    return out;
}

struct ShapeRule {
    const Node& node;
    Inputs in;

    Shape operator()(const Conv& conv) const {
        const Shape& x = *in[0];
        const Shape& weight = *in[1];
        requireRank(node, x, 4, "an input");
        requireRank(node, weight, 4, "weights");
        if (weight[2] != conv.window.kernel.height || weight[3] != conv.window.kernel.width) {
            refuseNode(node, "has weights of " + weight.toString() + " for a kernel of " +
                                 std::to_string(conv.window.kernel.height) + "x" +
                                 std::to_string(conv.window.kernel.width) + ".");
        }
        // Divided instead of multiplied: both come from the file.
        if (conv.groups < 1 || x[1] % conv.groups != 0 || weight[1] != x[1] / conv.groups ||
            weight[0] < 1 || weight[0] % conv.groups != 0) {
            refuseNode(node, "has weights of " + weight.toString() + " in " +
                                 std::to_string(conv.groups) +
                                 " group(s), which do not fit its input of " + x.toString() + ".");
        }
        if (in[2] != nullptr && !(*in[2] == Shape{weight[0]})) {
            refuseNode(node, "has " + std::to_string(weight[0]) +
                                 " output channels but a bias of " + in[2]->toString() + ".");
        }
        const Extent2 out = slide(node, x, conv.window, false);
        const Shape shape{x[0], weight[0], out.height, out.width};
        if (in.size() > 3 && !(*in[3] == shape)) {
            refuseNode(node, "adds a residual of " + in[3]->toString() + " to an output of " +
                                 shape.toString() + ".");
        }
        return shape;
    }
    Shape operator()(const MaxPool& pool) const { return pooled(pool.window, pool.ceil_mode); }
    Shape operator()(const AveragePool& pool) const { return pooled(pool.window, pool.ceil_mode); }
    Shape operator()(const GlobalAveragePool&) const {
        requireRank(node, *in[0], 4, "an input");
        return {(*in[0])[0], (*in[0])[1], 1, 1};
    }
    Shape operator()(const Activate&) const { return *in[0]; }
    Shape operator()(const Identity&) const { return *in[0]; }
    Shape operator()(const Add&) const {
        const Shape& a = *in[0];
        const Shape& b = *in[1];
        const int rank = std::max(a.rank(), b.rank());
        Shape out;
        for (int i = 0; i < rank; ++i) {
            const std::int64_t left = i < rank - a.rank() ? 1 : a[i - (rank - a.rank())];
            const std::int64_t right = i < rank - b.rank() ? 1 : b[i - (rank - b.rank())];
            if (left != right && left != 1 && right != 1) {
                refuseNode(node, "cannot add " + a.toString() + " and " + b.toString() + ".");
            }
            out.append(std::max(left, right));
        }
        return out;
    }
    Shape operator()(const Concat& concat) const {
        Shape out = *in[0];
        const int axis = resolvedAxis(node, concat.axis, out.rank(), out.rank() - 1);
        for (std::size_t i = 1; i < in.size(); ++i) {
            const Shape& next = *in[i];
            bool fits = next.rank() == out.rank();
            for (int d = 0; fits && d < out.rank(); ++d)
                fits = d == axis || next[d] == out[d];
            if (!fits) {
                refuseNode(node, "cannot join " + in[0]->toString() + " and " + next.toString() +
                                     " along axis " + std::to_string(axis) + ".");
            }
            out[axis] += next[axis];
        }
        return out;
    }
    Shape operator()(const BatchNormalization&) const {
        const Shape& x = *in[0];
        if (x.rank() < 2) requireRank(node, x, 4, "an input");
        for (std::size_t i = 1; i < 5; ++i) {
            if (!(*in[i] == Shape{x[1]})) {
                refuseNode(node, "has statistics of " + in[i]->toString() + " for an input of " +
                                     x.toString() + ".");
            }
        }
        return x;
    }
    Shape operator()(const Gemm& gemm) const {
        requireRank(node, *in[0], 2, "an input");
        requireRank(node, *in[1], 2, "weights");
        const Shape& a = *in[0];
        const Shape& b = *in[1];
        const std::int64_t rows = a[gemm.transpose_a ? 1 : 0];
        const std::int64_t inner = a[gemm.transpose_a ? 0 : 1];
        const std::int64_t columns = b[gemm.transpose_b ? 0 : 1];
        if (inner != b[gemm.transpose_b ? 1 : 0]) {
            refuseNode(node, "cannot multiply " + a.toString() + " by " + b.toString() + ".");
        }
        if (in[2] != nullptr) {
            const Shape& c = *in[2];
            bool fits = c.rank() <= 2;
            if (fits && c.rank() >= 1) fits = c[c.rank() - 1] == columns || c[c.rank() - 1] == 1;
            if (fits && c.rank() == 2) fits = c[0] == rows || c[0] == 1;
            if (!fits) {
                refuseNode(node, "adds " + c.toString() + " to a product of " +
                                     Shape{rows, columns}.toString() + ".");
            }
        }
        return {rows, columns};
    }
    Shape operator()(const Flatten& flatten) const {
        const Shape& x = *in[0];
        const int axis = resolvedAxis(node, flatten.axis, x.rank(), x.rank());
        const auto count = [](std::span<const std::int64_t> dims) {
            return Shape(dims).elementCount();
        };
        const auto split = static_cast<std::size_t>(axis);
        return {count(x.dims().first(split)), count(x.dims().subspan(split))};
    }
    Shape operator()(const Softmax& softmax) const {
        resolvedAxis(node, softmax.axis, in[0]->rank(), std::max(in[0]->rank() - 1, 0));
        return *in[0];
    }

    Shape pooled(const SlidingWindow& window, bool ceil_mode) const {
        requireRank(node, *in[0], 4, "an input");
        const Extent2 covered = window.covered();
        const Padding2& padding = window.padding;
        // Otherwise a window could lie in the padding altogether and have nothing to pool.
        if (std::max(padding.top, padding.bottom) >= covered.height ||
            std::max(padding.left, padding.right) >= covered.width) {
            refuseNode(node, "pads by as much as its window or more, which pooling cannot mean.");
        }
        const Extent2 out = slide(node, *in[0], window, ceil_mode);
        return {(*in[0])[0], (*in[0])[1], out.height, out.width};
    }
};

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
    if (outputs <= kMaxPoolingTaps / (kernel.height * kernel.width)) return;
    refuseNode(node, "slides a window of " + std::to_string(kernel.height) + "x" +
                         std::to_string(kernel.width) + " to " + std::to_string(outputs) +
                         " places, which would take too long.");
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
    try {
        const Shape shape = std::visit(ShapeRule{node, inputs}, node.op);
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
