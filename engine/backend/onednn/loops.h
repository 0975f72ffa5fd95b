// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>

#include "engine/backend/onednn/layout.h"
#include "engine/core/shape.h"
#include "engine/net/graph.h"

namespace overfeat::backend::onednn {

// What oneDNN does not do well or at all: dilated pooling (its optimised code refuses gaps),
// pooling at the ceil_mode border, and the glue between layers. All of it is limited by memory, not
// by arithmetic; the inner loops run over the channels of a block, which compilers vectorise.
//
// All functions run inside a ComputeScope and allocate nothing.

struct ConstTensorView {
    const float* data;
    Shape shape;
    Layout layout;

    Extents extents() const { return {shape, layout}; }
};
struct TensorView {
    float* data;
    Shape shape;
    Layout layout;

    Extents extents() const { return {shape, layout}; }
};

// Sets what fills up incomplete blocks to zero: whoever reads such a tensor relies on it.
void clearFilling(const TensorView& y);

// Source and result have the same layout. What a pooling may look at is bounded, but takes up to a
// minute: after a stop request it returns soon, and y is worthless.
void maxPool(const ConstTensorView& x, const TensorView& y, const net::SlidingWindow& window,
             const std::stop_token& stop);
void averagePool(const ConstTensorView& x, const TensorView& y, const net::SlidingWindow& window,
                 bool count_include_padding, const std::stop_token& stop);
void globalAveragePool(const ConstTensorView& x, const TensorView& y);
// An average without padding and with stride 1, whose price does not depend on its size: sums slide
// along the rows into `rows` ([N, C, height of x, width of y]), then along the columns.
void slidingAverage(const ConstTensorView& x, const TensorView& rows, const TensorView& y,
                    const net::SlidingWindow& window, const std::stop_token& stop);

// Copies x into the middle of y, which is larger by the padding: of one number, or of what lies at
// the edge. Same layout.
void pad(const ConstTensorView& x, const TensorView& y, const net::Pad& pad);

// y = activation(x). Same shape and layout; x and y may be the same memory.
void activate(const ConstTensorView& x, const TensorView& y, const net::Activation& activation);

// y = clip(a + b), same shapes and layouts; y may be a or b.
void add(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y,
         const net::Activation& activation);
// y = clip(a + b) with NumPy broadcasting, all row-major.
void addBroadcast(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y,
                  const net::Activation& activation);

// y = a (op) b with the same layout: of the same shape, or one of them holds one number per channel
// ([N, C, 1, 1]). y may be the larger one.
void combine(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y,
             net::Arithmetic::Kind kind);
// With NumPy broadcasting, all row-major.
void combineBroadcast(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y,
                      net::Arithmetic::Kind kind);

// y = x * scale + shift per channel; both have whole blocks of values. x and y may be the same.
void scaleAndShift(const ConstTensorView& x, const TensorView& y, std::span<const float> scale,
                   std::span<const float> shift);

// Copies one operand of a concatenation into its place: `first` is where it begins along `axis`.
// Along axis 1 the layouts may differ, otherwise they are the same for the same channels.
void copyInto(const ConstTensorView& x, const TensorView& y, int axis, std::int64_t first);

// Copies `runs` pieces of `length` floats to every `stride` floats of `to`.
void copyRuns(const float* from, float* to, std::int64_t runs, std::int64_t length,
              std::int64_t stride);

// Softmax over `length` values for each of `outer` rows and `inner` columns. The source may have
// blocks along the softmax axis; the result is row-major.
struct SoftmaxExtents {
    std::int64_t outer;
    std::int64_t length;
    std::int64_t inner;
    std::int64_t block = 1;  // of the source
};
void softmax(const float* x, float* y, const SoftmaxExtents& extents);

// y = alpha * A' * B' + beta * C, row-major. For the rare forms; the usual ones are convolutions.
void gemm(const ConstTensorView& a, const ConstTensorView& b, const ConstTensorView* c,
          const TensorView& y, const net::Gemm& gemm);

// Channel c of y is channel `channels[c]` of x. The layouts may differ.
void gatherChannels(const ConstTensorView& x, const TensorView& y,
                    std::span<const std::int32_t> channels);
// Places `indices` along an axis, all row-major.
void gather(const ConstTensorView& x, const TensorView& y, int axis,
            std::span<const std::int32_t> indices);
void transpose(const ConstTensorView& x, const TensorView& y, std::span<const int> axes);
void reduceMean(const ConstTensorView& x, const TensorView& y, std::span<const int> axes);
// After a stop request it returns soon, and y is worthless.
void matMul(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y,
            const std::stop_token& stop);
// LayerNormalization over the channels of each cell; `bias` may be empty. Same layout.
void normalise(const ConstTensorView& x, const TensorView& y, std::span<const float> scale,
               std::span<const float> bias, float epsilon);

// The same tensor in another layout.
void convert(const ConstTensorView& x, const TensorView& y);

}  // namespace overfeat::backend::onednn
