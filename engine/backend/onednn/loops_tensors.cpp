// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "engine/backend/onednn/loops.h"
#include "engine/backend/onednn/parallel.h"
#include "engine/backend/onednn/strides.h"

namespace overfeat::backend::onednn {
namespace {

using Kind = net::Arithmetic::Kind;

// Calls body(operation) with a function of two numbers, so that loops are made for each.
template <class Body>
void withOperation(Kind kind, const Body& body) {
    switch (kind) {
        case Kind::kSubtract:
            return body([](float a, float b) { return a - b; });
        case Kind::kMultiply:
            return body([](float a, float b) { return a * b; });
        case Kind::kDivide:
            return body([](float a, float b) { return a / b; });
        case Kind::kPower:
            return body([](float a, float b) { return std::pow(a, b); });
    }
}

// Averages along one direction: `taps` numbers, `dilation` apart, for each of `count` places. The
// sums slide: each is its neighbour's plus one number less another, in double so that nothing
// piles up.
struct Line {
    std::int64_t count;
    std::int64_t taps;
    std::int64_t dilation;
    std::int64_t from_step;  // between neighbours, in floats
    std::int64_t to_step;
};
constexpr std::int64_t kLanes = 16;

void slideAlong(const float* from, float* to, const Line& line, std::int64_t lanes) {
    const double share = 1 / static_cast<double>(line.taps);
    for (std::int64_t first = 0; first < std::min(line.dilation, line.count); ++first) {
        std::array<double, kLanes> sum{};
        const auto tap = [&](std::int64_t place, std::int64_t number) {
            return from + (place + number * line.dilation) * line.from_step;
        };
        for (std::int64_t k = 0; k < line.taps; ++k)
            for (std::int64_t lane = 0; lane < lanes; ++lane)
                sum[static_cast<std::size_t>(lane)] += tap(first, k)[lane];
        for (std::int64_t place = first; place < line.count; place += line.dilation) {
            if (place != first) {
                const float* next = tap(place, line.taps - 1);
                const float* gone = tap(place, -1);
                for (std::int64_t lane = 0; lane < lanes; ++lane)
                    sum[static_cast<std::size_t>(lane)] += double{next[lane]} - gone[lane];
            }
            for (std::int64_t lane = 0; lane < lanes; ++lane)
                to[place * line.to_step + lane] =
                    static_cast<float>(sum[static_cast<std::size_t>(lane)] * share);
        }
    }
}

}  // namespace

void slidingAverage(const ConstTensorView& x, const TensorView& rows, const TensorView& y,
                    const net::SlidingWindow& window, const std::stop_token& stop) {
    const Extents in = x.extents();
    const Extents out = y.extents();
    const std::int64_t pieces = (in.block + kLanes - 1) / kLanes;
    const auto lanesOf = [&](std::int64_t first) { return std::min(kLanes, in.block - first); };
    const Line along{out.width, window.kernel.width, window.dilation.width, in.block, in.block};
    parallelFor(in.planes() * in.height * pieces, [&](std::int64_t job) {
        if (stop.stop_requested()) return;
        const std::int64_t first = job % pieces * kLanes;
        const std::int64_t row = job / pieces;
        slideAlong(x.data + row * in.width * in.block + first,
                   rows.data + row * out.width * in.block + first, along, lanesOf(first));
    });
    const std::int64_t step = out.width * in.block;
    const Line down{out.height, window.kernel.height, window.dilation.height, step, step};
    parallelFor(in.planes() * out.width * pieces, [&](std::int64_t job) {
        if (stop.stop_requested()) return;
        const std::int64_t first = job % pieces * kLanes;
        const std::int64_t column = job / pieces % out.width;
        const std::int64_t plane = job / pieces / out.width;
        const std::int64_t at = column * in.block + first;
        slideAlong(rows.data + plane * in.height * step + at,
                   y.data + plane * out.height * step + at, down, lanesOf(first));
    });
}

void pad(const ConstTensorView& x, const TensorView& y, const net::Pad& pad) {
    const Extents in = x.extents();
    const Extents out = y.extents();
    parallelFor(out.planes() * out.height, [&](std::int64_t job) {
        float* row = y.data + job * out.width * out.block;
        std::int64_t source_row = job % out.height - pad.padding.top;
        if (pad.repeats_edge) source_row = std::clamp<std::int64_t>(source_row, 0, in.height - 1);
        if (source_row < 0 || source_row >= in.height) {
            std::fill_n(row, out.width * out.block, pad.value);
            return;
        }
        const float* from =
            x.data + (job / out.height * in.height + source_row) * in.width * in.block;
        const auto side = [&](std::int64_t cells, const float* edge) {
            for (std::int64_t cell = 0; cell < cells; ++cell)
                row = pad.repeats_edge ? std::copy_n(edge, in.block, row)
                                       : std::fill_n(row, in.block, pad.value);
        };
        side(pad.padding.left, from);
        row = std::copy_n(from, in.width * in.block, row);
        side(pad.padding.right, from + (in.width - 1) * in.block);
    });
    // Zeros and edges are right as they are.
    if (pad.value != 0) clearFilling(y);
}

void combine(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y, Kind kind) {
    const Extents e = y.extents();
    const std::int64_t row = e.width * e.block;
    const bool first_repeats = !(a.shape == y.shape);
    const bool second_repeats = !(b.shape == y.shape);
    withOperation(kind, [&](auto operation) {
        parallelFor(e.planes() * e.height, [&](std::int64_t job) {
            const std::int64_t plane = job / e.height * e.block;
            const float* left = a.data + (first_repeats ? plane : job * row);
            const float* right = b.data + (second_repeats ? plane : job * row);
            float* to = y.data + job * row;
            if (!first_repeats && !second_repeats) {
                for (std::int64_t i = 0; i < row; ++i)
                    to[i] = operation(left[i], right[i]);
                return;
            }
            for (std::int64_t x = 0; x < e.width; ++x) {
                for (std::int64_t lane = 0; lane < e.block; ++lane)
                    to[lane] = operation(left[lane], right[lane]);
                to += e.block;
                if (!first_repeats) left += e.block;
                if (!second_repeats) right += e.block;
            }
        });
    });
    clearFilling(y);
}

void combineBroadcast(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y,
                      Kind kind) {
    const Shape& shape = y.shape;
    const Strides left = broadcastStrides(a.shape, shape);
    const Strides right = broadcastStrides(b.shape, shape);
    withOperation(kind, [&](auto operation) {
        parallelFor(y.extents().count(), [&](std::int64_t i) {
            y.data[i] = operation(a.data[offsetOf(i, shape, left, shape.rank())],
                                  b.data[offsetOf(i, shape, right, shape.rank())]);
        });
    });
}

void gatherChannels(const ConstTensorView& x, const TensorView& y,
                    std::span<const std::int32_t> channels) {
    const Extents in = x.extents();
    const Extents out = y.extents();
    parallelFor(out.batch * out.height, [&](std::int64_t job) {
        const std::int64_t n = job / out.height;
        const std::int64_t row = job % out.height * out.width;
        for (std::int64_t c = 0; c < out.channels; ++c) {
            const std::int64_t source = channels[static_cast<std::size_t>(c)];
            const float* from = x.data + (n * in.blocks + source / in.block) * in.plane() +
                                row * in.block + source % in.block;
            float* to = y.data + (n * out.blocks + c / out.block) * out.plane() + row * out.block +
                        c % out.block;
            for (std::int64_t column = 0; column < out.width; ++column)
                to[column * out.block] = from[column * in.block];
        }
    });
    clearFilling(y);
}

void gather(const ConstTensorView& x, const TensorView& y, int axis,
            std::span<const std::int32_t> indices) {
    std::int64_t outer = 1;
    for (int i = 0; i < axis; ++i)
        outer *= x.shape[i];
    const std::int64_t run = x.extents().count() / (outer * x.shape[axis]);
    const auto count = static_cast<std::int64_t>(indices.size());
    parallelFor(outer * count, [&](std::int64_t job) {
        const std::int64_t place = indices[static_cast<std::size_t>(job % count)];
        std::memcpy(y.data + job * run, x.data + (job / count * x.shape[axis] + place) * run,
                    static_cast<std::size_t>(run) * sizeof(float));
    });
}

void transpose(const ConstTensorView& x, const TensorView& y, std::span<const int> axes) {
    const Strides from = stridesOf(x.shape);
    Strides strides{};
    for (std::size_t axis = 0; axis < axes.size(); ++axis)
        strides[axis] = from[static_cast<std::size_t>(axes[axis])];
    if (axes.empty()) {
        *y.data = *x.data;
        return;
    }
    const int last = y.shape.rank() - 1;
    const std::int64_t length = y.shape[last];
    const std::int64_t step = strides[static_cast<std::size_t>(last)];
    parallelFor(y.extents().count() / length, [&](std::int64_t row) {
        const float* source = x.data + offsetOf(row, y.shape, strides, last);
        for (std::int64_t i = 0; i < length; ++i)
            y.data[row * length + i] = source[i * step];
    });
}

void reduceMean(const ConstTensorView& x, const TensorView& y, std::span<const int> axes) {
    // The axes that stay, and those that are averaged away, each with its strides in x.
    const Strides strides = stridesOf(x.shape);
    Shape kept;
    Shape gone;
    Strides kept_strides{};
    Strides gone_strides{};
    for (int axis = 0; axis < x.shape.rank(); ++axis) {
        const bool averaged = std::ranges::count(axes, axis) > 0;
        Shape& shape = averaged ? gone : kept;
        (averaged ? gone_strides : kept_strides)[static_cast<std::size_t>(shape.rank())] =
            strides[static_cast<std::size_t>(axis)];
        shape.append(x.shape[axis]);
    }
    std::int64_t taken = 1;
    for (const std::int64_t extent : gone.dims())
        taken *= extent;
    parallelFor(y.extents().count(), [&](std::int64_t i) {
        const float* from = x.data + offsetOf(i, kept, kept_strides, kept.rank());
        double sum = 0;
        for (std::int64_t k = 0; k < taken; ++k)
            sum += from[offsetOf(k, gone, gone_strides, gone.rank())];
        y.data[i] = static_cast<float>(sum / static_cast<double>(taken));
    });
}

void matMul(const ConstTensorView& a, const ConstTensorView& b, const TensorView& y,
            const std::stop_token& stop) {
    const int batch_axes = y.shape.rank() - 2;
    const std::int64_t rows = y.shape[batch_axes];
    const std::int64_t columns = y.shape[batch_axes + 1];
    const std::int64_t depth = a.shape[a.shape.rank() - 1];
    const Strides left = broadcastStrides(a.shape, y.shape);
    const Strides right = broadcastStrides(b.shape, y.shape);
    parallelFor(y.extents().count() / columns, [&](std::int64_t job) {
        if (stop.stop_requested()) return;
        const std::int64_t matrix = job / rows;
        const float* row =
            a.data + offsetOf(matrix, y.shape, left, batch_axes) + job % rows * depth;
        const float* from = b.data + offsetOf(matrix, y.shape, right, batch_axes);
        float* to = y.data + job * columns;
        std::fill_n(to, columns, 0.0F);
        for (std::int64_t k = 0; k < depth; ++k)
            for (std::int64_t column = 0; column < columns; ++column)
                to[column] += row[k] * from[k * columns + column];
    });
}

void normalise(const ConstTensorView& x, const TensorView& y, std::span<const float> scale,
               std::span<const float> bias, float epsilon) {
    const Extents e = x.extents();
    parallelFor(e.batch * e.area(), [&](std::int64_t cell) {
        const std::int64_t n = cell / e.area();
        const std::int64_t at = n * e.blocks * e.plane() + cell % e.area() * e.block;
        const auto forEveryChannel = [&](const auto& body) {
            for (std::int64_t c = 0; c < e.channels; c += e.block) {
                const std::int64_t lanes = std::min(e.block, e.channels - c);
                const std::int64_t first = at + c / e.block * e.plane();
                for (std::int64_t lane = 0; lane < lanes; ++lane)
                    body(first + lane, static_cast<std::size_t>(c + lane));
            }
        };
        const auto count = static_cast<double>(e.channels);
        double sum = 0;
        forEveryChannel([&](std::int64_t i, std::size_t) { sum += x.data[i]; });
        const double mean = sum / count;
        double squares = 0;
        forEveryChannel([&](std::int64_t i, std::size_t) {
            const double difference = x.data[i] - mean;
            squares += difference * difference;
        });
        const double factor = 1 / std::sqrt(squares / count + epsilon);
        forEveryChannel([&](std::int64_t i, std::size_t c) {
            const auto z = static_cast<float>((x.data[i] - mean) * factor);
            y.data[i] = z * scale[c] + (bias.empty() ? 0.0F : bias[c]);
        });
    });
    clearFilling(y);
}

}  // namespace overfeat::backend::onednn
