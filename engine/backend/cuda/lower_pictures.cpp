// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>
#include <vector>

#include "engine/backend/cuda/lowering.h"
#include "engine/backend/cuda/plain_types.h"
#include "engine/backend/layer_label.h"

// What slides over pictures, and what sums rows of anything up.
namespace overfeat::backend::cuda {

using net::ValueId;

void Lowering::emitPool(const net::SlidingWindow& window, Pool::Kind kind) {
    const Place from = home(in(0));
    const Place to = newPlace(Layout::kChannelsLast);
    const Shape& x = shape(in(0));
    const Shape& y = outShape();
    const Pool body{.x = {},
                    .y = {},
                    .x_size = pictureSize(x),
                    .y_size = pictureSize(y),
                    .x_strides = pictureStrides(x, from.layout),
                    .y_strides = pictureStrides(y, to.layout),
                    .window = plain(window),
                    .kind = kind};
    emitKernel(layerLabel(*node_), "kernel:pool", {from.buffer, to.buffer}, y.elementCount(),
               window.kernel.height * window.kernel.width, [=, arena = arena_] {
                   Pool made = body;
                   made.x = readOnly(arena->array(from.buffer));
                   made.y = arena->array(to.buffer);
                   return made;
               });
    settle(to);
}

void Lowering::lower(const net::MaxPool& op) {
    emitPool(op.window, Pool::Kind::kMax);
}

void Lowering::lower(const net::AveragePool& op) {
    emitPool(op.window,
             op.count_include_padding ? Pool::Kind::kAverageCountingPadding : Pool::Kind::kAverage);
}

void Lowering::emitPad(ValueId id, Place from, Place to, const Shape& to_shape, const net::Pad& pad,
                       const char* op) {
    const Shape& x = shape(id);
    const Pad body{.x = {},
                   .y = {},
                   .x_size = pictureSize(x),
                   .y_size = pictureSize(to_shape),
                   .x_strides = pictureStrides(x, from.layout),
                   .y_strides = pictureStrides(to_shape, to.layout),
                   .top = static_cast<std::int32_t>(pad.padding.top),
                   .left = static_cast<std::int32_t>(pad.padding.left),
                   .value = pad.value,
                   .repeats_edge = pad.repeats_edge ? 1 : 0};
    emitKernel(op, "kernel:pad", {from.buffer, to.buffer}, to_shape.elementCount(), 1,
               [=, arena = arena_] {
                   Pad made = body;
                   made.x = readOnly(arena->array(from.buffer));
                   made.y = arena->array(to.buffer);
                   return made;
               });
}

void Lowering::lower(const net::Pad& op) {
    const Place to = newPlace(Layout::kChannelsLast);
    emitPad(in(0), home(in(0)), to, outShape(), op, layerLabel(*node_).c_str());
    settle(to);
}

// `along` says for each axis of the operand whether rows run along it, `y_as_x` has the extents of
// the result with all axes of the operand.
void Lowering::emitRows(Rows::Kind kind, const std::vector<bool>& along, Place from, Place to,
                        const Shape& y_as_x, BufferId scale, BufferId bias, float epsilon) {
    const Shape& x = shape(in(0));
    const std::vector<std::uint32_t> x_steps = stepsOf(x, from.layout);
    const std::vector<std::uint32_t> y_steps = stepsOf(y_as_x, to.layout);
    std::vector<std::int64_t> extents[2];  // of the positions, of a row
    std::vector<std::uint32_t> steps_x[2];
    std::vector<std::uint32_t> steps_y[2];
    for (int axis = 0; axis < x.rank(); ++axis) {
        const auto i = static_cast<std::size_t>(axis);
        const std::size_t which = along[i] ? 1 : 0;
        extents[which].push_back(x[axis]);
        steps_x[which].push_back(x_steps[i]);
        steps_y[which].push_back(y_as_x[axis] == x[axis] ? y_steps[i] : 0);
    }
    const Arrangement positions = arrange(extents[0], {steps_y[0], steps_x[0]});
    // In order: the scales of a normalisation are.
    const Arrangement row = arrangeInOrder(extents[1], {steps_y[1], steps_x[1]});
    std::int64_t length = 1;
    for (const std::int64_t extent : extents[1])
        length *= extent;
    emitKernel(layerLabel(*node_), "kernel:rows", {from.buffer, to.buffer, scale, bias},
               x.elementCount() / length, length, [=, arena = arena_] {
                   const auto array = [&](BufferId id) {
                       return id < 0 ? Array<const float>{} : readOnly(arena->array(id));
                   };
                   return Rows{.grid = positions.grid,
                               .along = row.grid,
                               .length = static_cast<std::uint32_t>(length),
                               .x = array(from.buffer),
                               .y = arena->array(to.buffer),
                               .scale = array(scale),
                               .bias = array(bias),
                               .x_strides = positions.strides[1],
                               .y_strides = positions.strides[0],
                               .x_along = row.strides[1],
                               .y_along = row.strides[0],
                               .kind = kind,
                               .epsilon = epsilon};
               });
    settle(to);
}

void Lowering::lower(const net::GlobalAveragePool& /*op*/) {
    const Shape& x = shape(in(0));
    std::vector<bool> along(static_cast<std::size_t>(x.rank()), true);
    along[0] = along[1] = false;
    emitRows(Rows::Kind::kMean, along, home(in(0)), newPlace(Layout::kPlain), outShape(), -1, -1,
             0);
}

void Lowering::lower(const net::ReduceMean& op) {
    const Shape& x = shape(in(0));
    std::vector<bool> along(static_cast<std::size_t>(x.rank()), op.axes.empty());
    for (const int axis : op.axes)
        along[static_cast<std::size_t>(axis < 0 ? axis + x.rank() : axis)] = true;
    Shape kept = x;
    for (int axis = 0; axis < x.rank(); ++axis)
        if (along[static_cast<std::size_t>(axis)]) kept[axis] = 1;
    emitRows(Rows::Kind::kMean, along, home(in(0)), newPlace(Layout::kPlain), kept, -1, -1, 0);
}

void Lowering::lower(const net::Softmax& op) {
    const Shape& x = outShape();
    const int axis = op.axis < 0 ? op.axis + x.rank() : op.axis;
    const int end = op.flattens_from_axis ? x.rank() : std::min(axis + 1, x.rank());
    std::vector<bool> along(static_cast<std::size_t>(x.rank()), false);
    for (int i = axis; i < end; ++i)
        along[static_cast<std::size_t>(i)] = true;
    const Place from = home(in(0));
    emitRows(Rows::Kind::kSoftmax, along, from, newPlace(from.layout), x, -1, -1, 0);
}

void Lowering::lower(const net::LayerNormalization& op) {
    const Shape& x = outShape();
    const int axis = op.axis < 0 ? op.axis + x.rank() : op.axis;
    const int end = op.only_axis ? axis + 1 : x.rank();
    std::vector<bool> along(static_cast<std::size_t>(x.rank()), false);
    for (int i = axis; i < end; ++i)
        along[static_cast<std::size_t>(i)] = true;
    const Place from = home(in(0));
    const BufferId scale = addConstant(constant(1), Packing::kAsTheyAre);
    const auto bias = constant(2);
    emitRows(Rows::Kind::kNormalise, along, from, newPlace(from.layout), x, scale,
             bias ? addConstant(bias, Packing::kAsTheyAre) : -1, op.epsilon);
}

}  // namespace overfeat::backend::cuda
