// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "engine/backend/cuda/lowering.h"
#include "engine/backend/cuda/plain_types.h"
#include "engine/backend/layer_label.h"

// What combines or moves whole tensors.
namespace overfeat::backend::cuda {

using net::ValueId;

namespace {

using Kind = Elementwise::Kind;

Kind kindOf(net::Arithmetic::Kind kind) {
    switch (kind) {
        case net::Arithmetic::Kind::kSubtract:
            return Kind::kSubtract;
        case net::Arithmetic::Kind::kDivide:
            return Kind::kDivide;
        case net::Arithmetic::Kind::kPower:
            return Kind::kPower;
        case net::Arithmetic::Kind::kMultiply:
            break;
    }
    return Kind::kMultiply;
}

int positive(int axis, int rank) {
    return axis < 0 ? axis + rank : axis;
}

}  // namespace

void Lowering::emitElementwise(const std::string& op, const std::string& implementation, Kind kind,
                               const Operand& a, const Operand& b, const Operand& c,
                               const Operand& y, std::span<const std::int64_t> extents,
                               const net::Activation& activation, std::int64_t y_offset) {
    const std::vector<std::uint32_t> none(extents.size(), 0);
    const Arrangement arrangement = arrange(
        extents, {y.steps, a.steps, b.buffer < 0 ? none : b.steps, c.buffer < 0 ? none : c.steps});
    std::int64_t count = 1;
    for (const std::int64_t extent : extents)
        count *= extent;
    const auto make = [=, arena = arena_, at_a = a.buffer, at_b = b.buffer, at_c = c.buffer,
                       at_y = y.buffer, act = plain(activation)] {
        const auto operand = [&](BufferId id) {
            return id < 0 ? Array<const float>{} : readOnly(arena->array(id));
        };
        const Array<float> to = arena->array(at_y);
        return Elementwise{.grid = arrangement.grid,
                           .a = operand(at_a),
                           .b = operand(at_b),
                           .c = operand(at_c),
                           .y = {to.data + y_offset, to.count - y_offset},
                           .a_strides = arrangement.strides[1],
                           .b_strides = arrangement.strides[2],
                           .c_strides = arrangement.strides[3],
                           .y_strides = arrangement.strides[0],
                           .kind = kind,
                           .activation = act};
    };
    emitKernel(op, implementation, {a.buffer, b.buffer, c.buffer, y.buffer}, count, 1, make);
}

Lowering::Operand Lowering::operandFor(ValueId id, const Shape& to) {
    const Place place = home(id);
    return {place.buffer, broadcastSteps(shape(id), place.layout, to)};
}

void Lowering::lower(const net::Activate& op) {
    const Place to = newPlace(layoutLike(outShape()));
    emitElementwise(layerLabel(*node_), "kernel:activate", Kind::kCopy,
                    operandFor(in(0), outShape()), {}, {},
                    {to.buffer, stepsOf(outShape(), to.layout)}, outShape().dims(), op.activation);
    settle(to);
}

void Lowering::lowerPair(Kind kind, const net::Activation& activation) {
    const Shape& y = outShape();
    const Place to = newPlace(layoutLike(y));
    const Operand a = operandFor(in(0), y);
    const Operand b = operandFor(in(1), y);
    emitElementwise(layerLabel(*node_), "kernel:combine", kind, a, b, {},
                    {to.buffer, stepsOf(y, to.layout)}, y.dims(), activation);
    settle(to);
}

void Lowering::lower(const net::Add& op) {
    lowerPair(Kind::kAdd, op.activation);
}

void Lowering::lower(const net::Arithmetic& op) {
    lowerPair(kindOf(op.kind), {});
}

// As one factor and one addend per channel.
void Lowering::lower(const net::BatchNormalization& op) {
    const Shape& y = outShape();
    const auto scale = constant(1)->values();
    const auto bias = constant(2)->values();
    const auto mean = constant(3)->values();
    const auto variance = constant(4)->values();
    std::vector<float> factors(scale.size());
    std::vector<float> addends(scale.size());
    for (std::size_t c = 0; c < scale.size(); ++c) {
        const double factor = scale[c] / std::sqrt(double{variance[c]} + op.epsilon);
        factors[c] = static_cast<float>(factor);
        addends[c] = static_cast<float>(bias[c] - mean[c] * factor);
    }
    std::vector<std::uint32_t> per_channel(static_cast<std::size_t>(y.rank()), 0);
    per_channel[1] = 1;
    const Place to = newPlace(layoutLike(y));
    emitElementwise(layerLabel(*node_), "kernel:scale", Kind::kScaleAndShift, operandFor(in(0), y),
                    {addValues(factors), per_channel}, {addValues(addends), per_channel},
                    {to.buffer, stepsOf(y, to.layout)}, y.dims(), {});
    settle(to);
}

void Lowering::lower(const net::Concat& op) {
    const Shape& y = outShape();
    const int axis = positive(op.axis, y.rank());
    const Place to = newPlace(layoutLike(y));
    const std::vector<std::uint32_t> steps = stepsOf(y, to.layout);
    std::int64_t first = 0;
    for (const ValueId id : node_->inputs) {
        const Shape& x = shape(id);
        emitElementwise(layerLabel(*node_), "kernel:copy", Kind::kCopy, operandFor(id, x), {}, {},
                        {to.buffer, steps}, x.dims(), {},
                        first * steps[static_cast<std::size_t>(axis)]);
        first += x[axis];
    }
    settle(to);
}

void Lowering::lower(const net::Transpose& op) {
    const Shape& y = outShape();
    const Place from = home(in(0));
    const std::vector<std::uint32_t> x_steps = stepsOf(shape(in(0)), from.layout);
    std::vector<std::uint32_t> turned(x_steps.size());
    for (std::size_t i = 0; i < turned.size(); ++i)
        turned[i] = x_steps[static_cast<std::size_t>(op.axes[i])];
    const Place to = newPlace(Layout::kPlain);
    emitElementwise(layerLabel(*node_), "kernel:copy", Kind::kCopy, {from.buffer, turned}, {}, {},
                    {to.buffer, stepsOf(y, to.layout)}, y.dims(), {});
    settle(to);
}

void Lowering::lower(const net::Gather& op) {
    const Shape& y = outShape();
    const Place from = home(in(0));
    const Place to = newPlace(layoutLike(y));
    auto memory = std::make_shared<const DeviceMemory>(
        program_.stream->upload(std::as_bytes(std::span(op.indices))));
    const auto index_count = static_cast<std::int64_t>(op.indices.size());
    const BufferId indices = arena_->addConstant(std::move(memory), index_count);
    // The axes of the result in the order they lie in, unjoined: one of them is looked up.
    const std::vector<std::uint32_t> x_steps = stepsOf(shape(in(0)), from.layout);
    const std::vector<std::uint32_t> y_steps = stepsOf(y, to.layout);
    std::vector<int> order(y_steps.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<int>(i);
    if (to.layout == Layout::kChannelsLast) order = {0, 2, 3, 1};
    Gather body{};
    body.grid.axes = y.rank();
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto axis = static_cast<std::size_t>(order[i]);
        body.grid.extents[i] = static_cast<std::uint32_t>(y[order[i]]);
        body.x_strides.steps[i] = x_steps[axis];
        body.y_strides.steps[i] = y_steps[axis];
        if (order[i] == positive(op.axis, y.rank())) body.axis = static_cast<std::int32_t>(i);
    }
    emitKernel(layerLabel(*node_), "kernel:gather", {from.buffer, to.buffer}, y.elementCount(), 1,
               [=, arena = arena_] {
                   Gather made = body;
                   const Array<float> list = arena->array(indices);
                   made.x = readOnly(arena->array(from.buffer));
                   made.indices = {reinterpret_cast<const std::int32_t*>(list.data), list.count};
                   made.y = arena->array(to.buffer);
                   return made;
               });
    settle(to);
}

// The same bytes under other extents.
void Lowering::lower(const net::Flatten& /*op*/) {
    settle({require(in(0), Layout::kPlain).buffer, Layout::kPlain});
}
void Lowering::lower(const net::Reshape& /*op*/) {
    settle({require(in(0), Layout::kPlain).buffer, Layout::kPlain});
}
void Lowering::lower(const net::Identity& /*op*/) {
    settle(home(in(0)));
}

}  // namespace overfeat::backend::cuda
