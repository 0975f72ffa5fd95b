// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/backend/onednn/lowering.h"

// What combines, moves or averages whole tensors, in loops of our own.
namespace overfeat::backend::onednn {

using net::ValueId;

void Lowering::lower(const net::Arithmetic& op) {
    const Shape& y = outShape();
    const auto isVector = [&](const Shape& s) {
        return s.rank() == 4 && y.rank() == 4 && s == Shape{y[0], y[1], 1, 1};
    };
    const Shape first = shape(in(0));
    const Shape second = shape(in(1));
    const bool fits =
        first == second || (first == y && isVector(second)) || (second == y && isVector(first));
    if (!fits) {
        const BufferId a = build_.require(in(0), {}).buffer;
        const BufferId b = build_.require(in(1), {}).buffer;
        const BufferId to = build_.newBuffer(y, {});
        build_.emitNode("loops:combine", {a, b, to}, [=, w = workspace(), kind = op.kind] {
            combineBroadcast({w->data(a), first, {}}, {w->data(b), second, {}},
                             {w->data(to), y, {}}, kind);
        });
        return build_.settle(node_->output, {to, {}});
    }
    // The layout of the larger one; of two alike, of the one that does not lie plainly.
    Layout layout = settled(in(first == y ? 0 : 1)).layout;
    if (first == second && layout.isPlain()) layout = settled(in(1)).layout;
    const Place a = build_.require(in(0), layout);
    const Place b = build_.require(in(1), layout);
    Place to = first == y ? replacing(a) : replacing(b);
    if (first == second && to.buffer != a.buffer) to = replacing(b);
    build_.emitNode(
        "loops:combine", {a.buffer, b.buffer, to.buffer}, [=, w = workspace(), kind = op.kind] {
            combine({w->data(a.buffer), first, layout}, {w->data(b.buffer), second, layout},
                    {w->data(to.buffer), y, layout}, kind);
        });
    build_.settle(node_->output, to);
}

void Lowering::lower(const net::Pad& op) {
    const Place from = settled(in(0));
    const Place to = newPlace(from.layout);
    build_.emitNode(
        "loops:pad", {from.buffer, to.buffer},
        [=, w = workspace(), x = shape(in(0)), y = outShape()] {
            pad({w->data(from.buffer), x, from.layout}, {w->data(to.buffer), y, to.layout}, op);
        });
    build_.settle(node_->output, to);
}

void Lowering::lower(const net::Reshape& /*unused*/) {
    build_.settle(node_->output, build_.require(in(0), {}));
}

void Lowering::lower(const net::Transpose& op) {
    const BufferId x = build_.require(in(0), {}).buffer;
    const BufferId y = build_.newBuffer(outShape(), {});
    build_.emitNode("loops:transpose", {x, y},
                    [=, w = workspace(), sx = shape(in(0)), sy = outShape()] {
                        transpose({w->data(x), sx, {}}, {w->data(y), sy, {}}, op.axes);
                    });
    build_.settle(node_->output, {y, {}});
}

void Lowering::lower(const net::Gather& op) {
    const Shape x = shape(in(0));
    const Shape y = outShape();
    const int axis = op.axis < 0 ? op.axis + y.rank() : op.axis;
    const bool channels = y.rank() == 4 && axis == 1;
    const Place from = channels ? settled(in(0)) : build_.require(in(0), {});
    const Layout layout = from.layout.isPlain() ? Layout{} : policy_.of(y);
    const BufferId to = build_.newBuffer(y, layout);
    build_.emitNode("loops:gather", {from.buffer, to}, [=, w = workspace(), indices = op.indices] {
        const ConstTensorView source{w->data(from.buffer), x, from.layout};
        const TensorView result{w->data(to), y, layout};
        if (channels) {
            gatherChannels(source, result, indices);
        } else {
            gather(source, result, axis, indices);
        }
    });
    build_.settle(node_->output, {to, layout});
}

void Lowering::lower(const net::ReduceMean& op) {
    const Shape x = shape(in(0));
    std::vector<int> axes = op.axes;
    if (axes.empty())
        for (int axis = 0; axis < x.rank(); ++axis)
            axes.push_back(axis);
    for (int& axis : axes)
        if (axis < 0) axis += x.rank();
    const BufferId from = build_.require(in(0), {}).buffer;
    const BufferId y = build_.newBuffer(outShape(), {});
    build_.emitNode("loops:mean", {from, y}, [=, w = workspace(), sy = outShape()] {
        reduceMean({w->data(from), x, {}}, {w->data(y), sy, {}}, axes);
    });
    build_.settle(node_->output, {y, {}});
}

void Lowering::lower(const net::LayerNormalization& op) {
    const Shape x = outShape();
    const int axis = op.axis < 0 ? op.axis + x.rank() : op.axis;
    // Over the channels of pictures in any layout; over anything else as rows of one "channel"
    // each.
    const bool channels = x.rank() == 4 && axis == 1 && op.only_axis;
    const int end = op.only_axis ? axis + 1 : x.rank();
    Shape rows{1, 1, 1};
    for (int i = 0; i < x.rank(); ++i)
        rows[i < axis ? 0 : i < end ? 1 : 2] *= x[i];
    const Shape seen = channels ? x : rows;
    const Place from = channels ? settled(in(0)) : build_.require(in(0), {});
    const Place to = replacing(from);
    const auto scale = constant(1);
    const auto bias = constant(2);
    hold(scale);
    if (bias) hold(bias);
    build_.emitNode("loops:normalise", {from.buffer, to.buffer}, [=, w = workspace()] {
        normalise({w->data(from.buffer), seen, from.layout}, {w->data(to.buffer), seen, to.layout},
                  scale->values(), bias ? bias->values() : std::span<const float>{}, op.epsilon);
    });
    build_.settle(node_->output, to);
}

void Lowering::lower(const net::MatMul& /*unused*/) {
    const BufferId a = build_.require(in(0), {}).buffer;
    const BufferId b = build_.require(in(1), {}).buffer;
    const BufferId y = build_.newBuffer(outShape(), {});
    build_.emitNode("loops:matmul", {a, b, y},
                    [=, w = workspace(), sa = shape(in(0)), sb = shape(in(1)), sy = outShape()] {
                        matMul({w->data(a), sa, {}}, {w->data(b), sb, {}}, {w->data(y), sy, {}});
                    });
    build_.settle(node_->output, {y, {}});
}

}  // namespace overfeat::backend::onednn
