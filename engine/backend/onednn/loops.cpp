// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/loops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/backend/onednn/parallel.h"
#include "engine/backend/onednn/strides.h"
#include "engine/core/transpose.h"

namespace overfeat::backend::onednn {
namespace {

float clip(float x, const net::Activation& activation) {
    return std::min(std::max(x, activation.low), activation.high);
}

// In single precision, for the layers that the library does not do at the end of a convolution.
float curved(float x, const net::Activation& activation) {
    const auto sigmoid = [](float value) { return 1.0F / (1.0F + std::exp(-value)); };
    const auto hard = [&](float slope, float offset) {
        return std::min(std::max(slope * x + offset, 0.0F), 1.0F);
    };
    switch (activation.curve) {
        case net::Curve::kClip:
            return clip(x, activation);
        case net::Curve::kSigmoid:
            return sigmoid(x);
        case net::Curve::kHardSigmoid:
            return hard(activation.slope, activation.offset);
        case net::Curve::kLeakyRelu:
            return x < 0 ? activation.slope * x : x;
        case net::Curve::kSwish:
            return x * sigmoid(x);
        case net::Curve::kHardSwish:
            return x * hard(1.0F / 6, 0.5F);
        case net::Curve::kGelu:
            return 0.5F * x * (1.0F + std::erf(x * 0.707106781F));
        case net::Curve::kErf:
            return std::erf(x);
        case net::Curve::kSqrt:
            return std::sqrt(x);
        case net::Curve::kTanh:
            return std::tanh(x);
        case net::Curve::kFloor:
            return std::floor(x);
        case net::Curve::kCeil:
            return std::ceil(x);
    }
    return x;
}

// The taps of one axis that lie inside: [first, last).
struct TapRange {
    std::int64_t first;
    std::int64_t last;

    TapRange(std::int64_t start, std::int64_t dilation, std::int64_t kernel, std::int64_t extent)
        : first(start < 0 ? std::min(kernel, (-start + dilation - 1) / dilation) : 0),
          last(std::clamp<std::int64_t>((extent - start + dilation - 1) / dilation, first,
                                        kernel)) {}
    std::int64_t count() const { return last - first; }
};

// Calls body(first, last) for the floats of every row of every block of channels.
template <class Body>
void forEveryRow(const Extents& e, const Body& body) {
    const std::int64_t row = e.width * e.block;
    parallelFor(e.planes() * e.height, [&](std::int64_t job) { body(job * row, (job + 1) * row); });
}

// How many cells of a row are pooled between two looks at the stop token: about a million taps, a
// millisecond. A single cell of the largest windows has more, but at most its plane, which is what
// every other loop reads.
std::int64_t cellsAtOnce(const Extents& in, const net::SlidingWindow& w) {
    constexpr std::int64_t kTaps = std::int64_t{1} << 20;
    const std::int64_t taps =
        std::min(w.kernel.height, in.height) * std::min(w.kernel.width, in.width) * in.block;
    return std::max<std::int64_t>(1, kTaps / taps);
}

// Pooling over blocks of `Block` channels (0: a number only known at run time). `combine` takes a
// result and a tap, `finish` makes the value of a cell from the result and the taps' ranges.
template <std::int64_t Block, class Combine, class Finish>
void poolBlocks(const ConstTensorView& x, const TensorView& y, const net::SlidingWindow& w,
                float initial, const Combine& combine, const Finish& finish,
                const std::stop_token& stop) {
    const Extents in = x.extents();
    const Extents out = y.extents();
    const std::int64_t block = Block > 0 ? Block : in.block;
    const std::int64_t at_once = cellsAtOnce(in, w);
    const std::int64_t pieces = (out.width + at_once - 1) / at_once;  // of a row
    parallelFor(out.planes() * out.height * pieces, [&](std::int64_t piece) {
        if (stop.stop_requested()) return;
        const std::int64_t job = piece / pieces;
        const std::int64_t first = piece % pieces * at_once;
        const std::int64_t last = std::min(first + at_once, out.width);
        const std::int64_t row = job % out.height;
        const float* plane = x.data + job / out.height * in.plane();
        const std::int64_t top = row * w.stride.height - w.padding.top;
        const TapRange rows(top, w.dilation.height, w.kernel.height, in.height);
        for (std::int64_t column = first; column < last; ++column) {
            float* cell = y.data + (job * out.width + column) * block;
            const std::int64_t left = column * w.stride.width - w.padding.left;
            const TapRange columns(left, w.dilation.width, w.kernel.width, in.width);
            std::fill_n(cell, block, initial);
            for (std::int64_t i = rows.first; i < rows.last; ++i) {
                for (std::int64_t j = columns.first; j < columns.last; ++j) {
                    const std::int64_t pixel =
                        (top + i * w.dilation.height) * in.width + left + j * w.dilation.width;
                    const float* tap = plane + pixel * block;
                    for (std::int64_t lane = 0; lane < block; ++lane)
                        cell[lane] = combine(cell[lane], tap[lane]);
                }
            }
            finish(cell, block, top, left, rows, columns);
        }
    });
}

template <class Combine, class Finish>
void pool(const ConstTensorView& x, const TensorView& y, const net::SlidingWindow& w, float initial,
          const Combine& combine, const Finish& finish, const std::stop_token& stop) {
    switch (x.layout.block) {
        case 8:
            return poolBlocks<8>(x, y, w, initial, combine, finish, stop);
        case 16:
            return poolBlocks<16>(x, y, w, initial, combine, finish, stop);
        default:
            return poolBlocks<0>(x, y, w, initial, combine, finish, stop);
    }
}

// Four channels of a row of blocks go to a plane each.
void takeApart(const float* from, const Extents& in, float* to, std::int64_t plane) {
    std::int64_t column = 0;
    for (; column + 4 <= in.width; column += 4) {
        transposeFour(from + column * in.block, static_cast<std::size_t>(in.block), to + column,
                      static_cast<std::size_t>(plane));
    }
    for (; column < in.width; ++column) {
        for (std::int64_t c = 0; c < 4; ++c)
            to[c * plane + column] = from[column * in.block + c];
    }
}

// Copies all channels of x to the channels of y from `first` on, whatever the layouts; row by row,
// so that what is read in pieces stays in the cache until all of it was read.
void copyChannels(const ConstTensorView& x, const TensorView& y, std::int64_t first) {
    const Extents in = x.extents();
    const Extents out = y.extents();
    const bool blocks_fit = in.block == out.block && first % out.block == 0;
    const bool channels_last = in.block == in.channels && out.block == out.channels;
    if (blocks_fit) {
        const std::int64_t length = in.blocks * in.plane();
        copyRuns(x.data, y.data + first / out.block * out.plane(), in.batch, length,
                 out.blocks * out.plane());
    } else if (channels_last) {
        copyRuns(x.data, y.data + first, in.batch * in.area(), in.channels, out.channels);
    } else {
        parallelFor(in.batch * in.height, [&](std::int64_t job) {
            const std::int64_t n = job / in.height;
            const std::int64_t row = job % in.height * in.width;
            std::int64_t c = 0;
            // Blocks become planes: that is how the outputs are read.
            if (out.block == 1 && in.block % 4 == 0) {
                for (; c + 4 <= in.channels; c += 4)
                    takeApart(x.data + (n * in.blocks + c / in.block) * in.plane() +
                                  row * in.block + c % in.block,
                              in, y.data + (n * out.blocks + first + c) * out.plane() + row,
                              out.plane());
            }
            for (; c < in.channels; ++c) {
                const std::int64_t target = first + c;
                const float* from = x.data + (n * in.blocks + c / in.block) * in.plane() +
                                    row * in.block + c % in.block;
                float* to = y.data + (n * out.blocks + target / out.block) * out.plane() +
                            row * out.block + target % out.block;
                for (std::int64_t column = 0; column < in.width; ++column)
                    to[column * out.block] = from[column * in.block];
            }
        });
    }
    clearFilling(y);
}

// In double: this is the rare case, and depth is unbounded.
float dot(const float* a, std::int64_t a_step, const float* b, std::int64_t b_step,
          std::int64_t count) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i)
        sum += double{a[i * a_step]} * b[i * b_step];
    return static_cast<float>(sum);
}

}  // namespace

void clearFilling(const TensorView& y) {
    const Extents e = y.extents();
    if (!e.hasFilling()) return;
    const std::int64_t used = e.channels % e.block;
    for (std::int64_t n = 0; n < e.batch; ++n) {
        float* plane = y.data + ((n + 1) * e.blocks - 1) * e.plane();
        for (std::int64_t pixel = 0; pixel < e.area(); ++pixel)
            std::fill(plane + pixel * e.block + used, plane + (pixel + 1) * e.block, 0.0F);
    }
}

void maxPool(const ConstTensorView& x, const TensorView& y, const net::SlidingWindow& window,
             const std::stop_token& stop) {
    pool(
        x, y, window, -std::numeric_limits<float>::infinity(),
        [](float best, float tap) { return tap > best ? tap : best; }, [](auto&&...) {}, stop);
    clearFilling(y);
}

void averagePool(const ConstTensorView& x, const TensorView& y, const net::SlidingWindow& window,
                 bool count_include_padding, const std::stop_token& stop) {
    const Extents in = x.extents();
    // A ceil_mode window may reach beyond the padding; what lies there is never counted.
    const std::int64_t bottom = in.height + window.padding.bottom;
    const std::int64_t right = in.width + window.padding.right;
    const auto divide = [&](float* cell, std::int64_t block, std::int64_t top, std::int64_t left,
                            const TapRange& rows, const TapRange& columns) {
        std::int64_t counted = rows.count() * columns.count();
        if (count_include_padding) {
            const auto reach = [](std::int64_t start, std::int64_t end, std::int64_t dilation,
                                  std::int64_t kernel) {
                return std::min(kernel, (end - start + dilation - 1) / dilation);
            };
            counted = reach(top, bottom, window.dilation.height, window.kernel.height) *
                      reach(left, right, window.dilation.width, window.kernel.width);
        }
        const float factor = counted > 0 ? 1.0F / static_cast<float>(counted) : 0.0F;
        for (std::int64_t lane = 0; lane < block; ++lane)
            cell[lane] *= factor;
    };
    pool(
        x, y, window, 0.0F, [](float sum, float tap) { return sum + tap; }, divide, stop);
}

void globalAveragePool(const ConstTensorView& x, const TensorView& y) {
    const Extents in = x.extents();
    const auto area = static_cast<double>(in.area());
    // In double, which keeps the rounding error of large maps small.
    constexpr std::int64_t kLanes = 16;
    const std::int64_t pieces = (in.block + kLanes - 1) / kLanes;
    parallelFor(in.planes() * pieces, [&](std::int64_t job) {
        const std::int64_t first = job % pieces * kLanes;
        const std::int64_t lanes = std::min(kLanes, in.block - first);
        const float* from = x.data + job / pieces * in.plane() + first;
        float* to = y.data + job / pieces * in.block + first;
        std::array<double, kLanes> total{};
        for (std::int64_t pixel = 0; pixel < in.area(); ++pixel)
            for (std::int64_t lane = 0; lane < lanes; ++lane)
                total[static_cast<std::size_t>(lane)] += from[pixel * in.block + lane];
        for (std::int64_t lane = 0; lane < lanes; ++lane)
            to[lane] = static_cast<float>(total[static_cast<std::size_t>(lane)] / area);
    });
}

void activate(const ConstTensorView& x, const TensorView& y, const net::Activation& activation) {
    const Extents e = y.extents();
    const bool clips = activation.clips();
    forEveryRow(e, [&](std::int64_t first, std::int64_t last) {
        if (clips) {
            for (std::int64_t i = first; i < last; ++i)
                y.data[i] = clip(x.data[i], activation);
        } else {
            for (std::int64_t i = first; i < last; ++i)
                y.data[i] = curved(x.data[i], activation);
        }
    });
    clearFilling(y);
}

void add(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y,
         const net::Activation& activation) {
    const Extents e = y.extents();
    forEveryRow(e, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i)
            y.data[i] = clip(a.data[i] + b.data[i], activation);
    });
    clearFilling(y);
}

void addBroadcast(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y,
                  const net::Activation& activation) {
    const Strides left = broadcastStrides(a.shape, y.shape);
    const Strides right = broadcastStrides(b.shape, y.shape);
    const int axes = y.shape.rank();
    parallelFor(y.extents().count(), [&](std::int64_t i) {
        const float sum =
            a.data[offsetOf(i, y.shape, left, axes)] + b.data[offsetOf(i, y.shape, right, axes)];
        y.data[i] = clip(sum, activation);
    });
}

void scaleAndShift(const ConstTensorView& x, const TensorView& y, std::span<const float> scale,
                   std::span<const float> shift) {
    const Extents e = x.extents();
    forEveryRow(e, [&](std::int64_t first, std::int64_t last) {
        const std::int64_t first_channel = first / e.plane() % e.blocks * e.block;
        const float* factors = scale.data() + first_channel;
        const float* offsets = shift.data() + first_channel;
        for (std::int64_t pixel = first; pixel < last; pixel += e.block)
            for (std::int64_t lane = 0; lane < e.block; ++lane)
                y.data[pixel + lane] = x.data[pixel + lane] * factors[lane] + offsets[lane];
    });
}

void copyRuns(const float* from, float* to, std::int64_t runs, std::int64_t length,
              std::int64_t stride) {
    for (std::int64_t run = 0; run < runs; ++run)
        std::memcpy(to + run * stride, from + run * length,
                    static_cast<std::size_t>(length) * sizeof(float));
}

void softmax(const float* x, float* y, const SoftmaxExtents& e) {
    const std::int64_t blocks = (e.length + e.block - 1) / e.block;
    parallelFor(e.outer * e.inner, [&](std::int64_t cell) {
        const std::int64_t row = cell / e.inner;
        const std::int64_t column = cell % e.inner;
        const float* from = x + row * blocks * e.block * e.inner + column * e.block;
        float* to = y + row * e.length * e.inner + column;
        const auto at = [&](std::int64_t k) {
            return from[k / e.block * e.block * e.inner + k % e.block];
        };
        float largest = -std::numeric_limits<float>::infinity();
        for (std::int64_t k = 0; k < e.length; ++k)
            largest = std::max(largest, at(k));
        double sum = 0;
        for (std::int64_t k = 0; k < e.length; ++k) {
            const float power = std::exp(at(k) - largest);
            to[k * e.inner] = power;
            sum += power;
        }
        const auto factor = static_cast<float>(1.0 / sum);
        for (std::int64_t k = 0; k < e.length; ++k)
            to[k * e.inner] *= factor;
    });
}

void gemm(const ConstTensorView& a, const ConstTensorView& b, const ConstTensorView* c,
          const TensorView& y, const net::Gemm& gemm) {
    const std::int64_t columns = y.shape[1];
    const std::int64_t depth = a.shape[gemm.transpose_a ? 0 : 1];
    // Distances between neighbours along a row and along the depth.
    const std::int64_t a_row = gemm.transpose_a ? 1 : depth;
    const std::int64_t a_step = gemm.transpose_a ? y.shape[0] : 1;
    const std::int64_t b_column = gemm.transpose_b ? depth : 1;
    const std::int64_t b_step = gemm.transpose_b ? 1 : columns;
    parallelFor(y.shape[0] * columns, [&](std::int64_t i) {
        const float product = dot(a.data + i / columns * a_row, a_step,
                                  b.data + i % columns * b_column, b_step, depth);
        y.data[i] = gemm.alpha * product;
    });
    if (c == nullptr) return;
    const Strides strides = broadcastStrides(c->shape, y.shape);
    parallelFor(y.shape[0] * columns, [&](std::int64_t i) {
        y.data[i] += gemm.beta * c->data[offsetOf(i, y.shape, strides, 2)];
    });
}

void copyInto(const ConstTensorView& x, const TensorView& y, int axis, std::int64_t first) {
    if (axis == 1) return copyChannels(x, y, first);
    std::int64_t runs = 1;
    if (axis > 0) runs = y.extents().planes();
    for (int outer = 2; outer < axis; ++outer)
        runs *= y.shape[outer];
    const std::int64_t stride = y.extents().count() / runs;
    copyRuns(x.data, y.data + stride / y.shape[axis] * first, runs, x.extents().count() / runs,
             stride);
}

void convert(const ConstTensorView& x, const TensorView& y) {
    copyChannels(x, y, 0);
}

}  // namespace overfeat::backend::onednn
