// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/backend/onednn/lowering.h"
#include "engine/net/passes.h"

// Everything that is not a convolution: loops of our own, and what only changes its name.
namespace overfeat::backend::onednn {
namespace {

std::int64_t product(const Shape& shape, int begin, int end) {
    std::int64_t count = 1;
    for (int axis = begin; axis < end; ++axis)
        count *= shape[axis];
    return count;
}

}  // namespace

using net::Node;
using net::ValueId;

// A node that reads a value and writes one of the same layout, by `loop(x view, y view, stop)`.
template <class Loop>
void Lowering::lowerUnary(const char* implementation, bool in_place, Loop loop) {
    const Place from = settled(in(0));
    const Place to = in_place ? replacing(from) : newPlace(from.layout);
    build_.emitNode(implementation, {from.buffer, to.buffer},
                    [=, w = workspace(), x = shape(in(0)), y = outShape()](const auto& stop) {
                        loop(ConstTensorView{w->data(from.buffer), x, from.layout},
                             TensorView{w->data(to.buffer), y, to.layout}, stop);
                        return !stop.stop_requested();
                    });
    build_.settle(node_->output, to);
}

void Lowering::lower(const net::MaxPool& op) {
    lowerUnary("loops:pool", false, [op](const auto& x, const auto& y, const auto& stop) {
        maxPool(x, y, op.window, stop);
    });
}
void Lowering::lower(const net::AveragePool& op) {
    const net::SlidingWindow& window = op.window;
    // Of fewer cells, adding them up for each result is quicker.
    constexpr std::int64_t kFewCells = 16;
    if (window.stride == net::Extent2{1, 1} && window.padding == net::Padding2{} &&
        window.kernel.height * window.kernel.width > kFewCells) {
        const Place from = settled(in(0));
        const Place to = newPlace(from.layout);
        const Shape x = shape(in(0));
        const Shape y = outShape();
        const Shape half{x[0], x[1], x[2], y[3]};
        const BufferId rows = build_.newBuffer(half, from.layout);
        build_.emitNode("loops:sliding-average", {from.buffer, rows, to.buffer},
                        [=, w = workspace()](const auto& stop) {
                            slidingAverage({w->data(from.buffer), x, from.layout},
                                           {w->data(rows), half, from.layout},
                                           {w->data(to.buffer), y, to.layout}, window, stop);
                            return !stop.stop_requested();
                        });
        return build_.settle(node_->output, to);
    }
    lowerUnary("loops:pool", false, [op](const auto& x, const auto& y, const auto& stop) {
        averagePool(x, y, op.window, op.count_include_padding, stop);
    });
}
void Lowering::lower(const net::GlobalAveragePool& /*unused*/) {
    lowerUnary("loops:average", false,
               [](const auto& x, const auto& y, auto&&...) { globalAveragePool(x, y); });
}
void Lowering::lower(const net::Activate& op) {
    lowerUnary(op.activation.clips() ? "loops:clip" : "loops:curve", true,
               [op](const auto& x, const auto& y, auto&&...) { activate(x, y, op.activation); });
}

void Lowering::lower(const net::BatchNormalization& op) {
    const Extents extents(outShape(), settled(in(0)).layout);
    const auto count = static_cast<std::size_t>(extents.blocks * extents.block);
    std::vector<float> scale(count, 0.0F);
    std::vector<float> shift(count, 0.0F);
    const auto value = [&](std::size_t i, std::size_t c) {
        return double{constant(i)->values()[c]};
    };
    for (std::size_t c = 0; c < static_cast<std::size_t>(extents.channels); ++c) {
        const double factor = value(1, c) / std::sqrt(value(4, c) + op.epsilon);
        scale[c] = static_cast<float>(factor);
        shift[c] = static_cast<float>(value(2, c) - value(3, c) * factor);
    }
    lowerUnary("loops:normalise", true,
               [=](const auto& x, const auto& y, auto&&...) { scaleAndShift(x, y, scale, shift); });
}

void Lowering::lower(const net::Add& op) {
    if (!(shape(in(0)) == shape(in(1)))) {
        const BufferId a = build_.require(in(0), {}).buffer;
        const BufferId b = build_.require(in(1), {}).buffer;
        const BufferId y = build_.newBuffer(outShape(), {});
        build_.emitNode("loops:add", {a, b, y},
                        [=, w = workspace(), sa = shape(in(0)), sb = shape(in(1)), sy = outShape(),
                         clip = op.activation] {
                            addBroadcast({w->data(a), sa, {}}, {w->data(b), sb, {}},
                                         {w->data(y), sy, {}}, clip);
                        });
        return build_.settle(node_->output, {y, {}});
    }
    const Layout first = settled(in(0)).layout;
    const Layout layout = first.isPlain() ? settled(in(1)).layout : first;
    const Place a = build_.require(in(0), layout);
    const Place b = build_.require(in(1), layout);
    Place to = replacing(a);
    if (to.buffer != a.buffer) to = replacing(b);
    build_.emitNode("loops:add", {a.buffer, b.buffer, to.buffer},
                    [=, w = workspace(), s = outShape(), clip = op.activation] {
                        add({w->data(a.buffer), s, layout}, {w->data(b.buffer), s, layout},
                            {w->data(to.buffer), s, layout}, clip);
                    });
    build_.settle(node_->output, to);
}

// Along the channels operands may lie as they like: the copy that joins them brings them into
// the layout of the result. Along other axes they have to lie alike.
void Lowering::lower(const net::Concat& op) {
    const int rank = outShape().rank();
    const int axis = op.axis < 0 ? op.axis + rank : op.axis;
    std::vector<Place> from;
    std::vector<Shape> shapes;
    bool all_plain = true;
    for (const ValueId id : node_->inputs) {
        from.push_back(settled(id));
        shapes.push_back(shape(id));
        all_plain = all_plain && from.back().layout.isPlain();
    }
    const Layout layout = all_plain ? Layout{} : policy_.of(outShape());
    if (axis != 1)
        for (std::size_t i = 0; i < from.size(); ++i)
            from[i] = build_.require(in(i), layout);
    const Place to = newPlace(layout);
    build_.emitNode("loops:copy", {to.buffer}, [=, w = workspace(), y = outShape()] {
        std::int64_t first = 0;
        for (std::size_t i = 0; i < from.size(); ++i) {
            copyInto({w->data(from[i].buffer), shapes[i], from[i].layout},
                     {w->data(to.buffer), y, to.layout}, axis, first);
            first += shapes[i][axis];
        }
    });
    for (const Place& place : from)
        build_.touch(place.buffer);
    build_.settle(node_->output, to);
}

void Lowering::lower(const net::Softmax& op) {
    const Shape s = outShape();
    const int rank = s.rank();
    const int axis = op.axis < 0 ? op.axis + rank : op.axis;
    const int end = op.flattens_from_axis ? rank : std::min(axis + 1, rank);
    SoftmaxExtents extents{product(s, 0, axis), product(s, axis, end), product(s, end, rank)};
    // Over the channels it can read blocks; its result is row-major either way.
    const bool over_channels = axis == 1 && extents.length == s[1];
    const Place from = over_channels ? build_.home(in(0)) : build_.require(in(0), {});
    extents.block = from.layout.block;
    const BufferId y = build_.newBuffer(s, {});
    build_.emitNode("loops:softmax", {from.buffer, y},
                    [=, w = workspace()] { softmax(w->data(from.buffer), w->data(y), extents); });
    build_.settle(node_->output, {y, {}});
}

// True if all that needs the value is matrix products that work as convolutions.
bool Lowering::isOnlyMultiplied(ValueId id) const {
    const net::Graph& graph = build_.graph();
    return std::ranges::none_of(graph.outputs, [&](ValueId output) { return output == id; }) &&
           std::ranges::all_of(graph.nodes, [&](const Node& node) {
               const auto uses = std::ranges::count(node.inputs, id);
               const auto* gemm = std::get_if<net::Gemm>(&node.op);
               return uses == 0 || (uses == 1 && gemm != nullptr && node.inputs[0] == id &&
                                    isConvolution(*gemm, node));
           });
}

void Lowering::lower(const net::Flatten& /*unused*/) {
    const Shape& x = shape(in(0));
    if (x.rank() == 4 && outShape()[0] == x[0] && !isPlainInMemory(x, build_.home(in(0)).layout) &&
        isOnlyMultiplied(node_->output)) {
        pictures_[node_->output] = in(0);
        return build_.settle(node_->output, build_.home(in(0)));
    }
    build_.settle(node_->output, build_.require(in(0), {}));
}
void Lowering::lower(const net::Identity& /*unused*/) {
    build_.settle(node_->output, build_.home(in(0)));
}

}  // namespace overfeat::backend::onednn
