// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "engine/backend/cuda/kernel_parts.h"

// Everything that is computed beside the convolutions of the library. A body says which arrays it
// touches, so that a simulated device can tell whether they are its own.
namespace overfeat::backend::cuda {

// y = activation(a, combined with b and c), each with strides of its own: activations, pairs with
// broadcasting, what follows a convolution, changes of layout, transposition and joining.
struct Elementwise {
    enum class Kind : std::int32_t {
        kCopy,
        kAdd,
        kSubtract,
        kMultiply,
        kDivide,
        kPower,
        kScaleAndShift,  // a * b + c
        kAddBoth,        // a + b + c
    };

    Grid grid;  // of y
    Array<const float> a;
    Array<const float> b;
    Array<const float> c;
    Array<float> y;
    Strides a_strides;
    Strides b_strides;
    Strides c_strides;
    Strides y_strides;
    Kind kind;
    Activation activation;

    OVERFEAT_BOTH void operator()(std::int64_t index) const {
        std::uint32_t at_a = 0;
        std::uint32_t at_b = 0;
        std::uint32_t at_c = 0;
        std::uint32_t at_y = 0;
        auto rest = static_cast<std::uint32_t>(index);
        for (int axis = grid.axes - 1; axis >= 0; --axis) {
            std::uint32_t here = rest;
            if (axis > 0) {
                here = rest % grid.extents[axis];
                rest /= grid.extents[axis];
            }
            at_a += here * a_strides.steps[axis];
            at_b += here * b_strides.steps[axis];
            at_c += here * c_strides.steps[axis];
            at_y += here * y_strides.steps[axis];
        }
        y[at_y] = activation(combined(at_a, at_b, at_c));
    }

    template <class Visitor>
    void touch(Visitor& visitor) const {
        visitor.reads(a);
        visitor.reads(b);
        visitor.reads(c);
        visitor.writes(y);
    }

private:
    OVERFEAT_BOTH float combined(std::uint32_t at_a, std::uint32_t at_b, std::uint32_t at_c) const {
        const float first = a[at_a];
        switch (kind) {
            case Kind::kAdd:
                return first + b[at_b];
            case Kind::kSubtract:
                return first - b[at_b];
            case Kind::kMultiply:
                return first * b[at_b];
            case Kind::kDivide:
                return first / b[at_b];
            case Kind::kPower:
                return std::pow(first, b[at_b]);
            case Kind::kScaleAndShift:
                return first * b[at_b] + c[at_c];
            case Kind::kAddBoth:
                return first + b[at_b] + c[at_c];
            case Kind::kCopy:
                break;
        }
        return first;
    }
};

// y[..., i, ...] = x[..., indices[i], ...]
struct Gather {
    Grid grid;  // of y
    Array<const float> x;
    Array<const std::int32_t> indices;
    Array<float> y;
    Strides x_strides;
    Strides y_strides;
    std::int32_t axis;

    OVERFEAT_BOTH void operator()(std::int64_t index) const {
        std::uint32_t at_x = 0;
        std::uint32_t at_y = 0;
        auto rest = static_cast<std::uint32_t>(index);
        for (int i = grid.axes - 1; i >= 0; --i) {
            const std::uint32_t here = rest % grid.extents[i];
            rest /= grid.extents[i];
            const auto there = i == axis ? static_cast<std::uint32_t>(indices[here]) : here;
            at_x += there * x_strides.steps[i];
            at_y += here * y_strides.steps[i];
        }
        y[at_y] = x[at_x];
    }

    template <class Visitor>
    void touch(Visitor& visitor) const {
        visitor.reads(x);
        visitor.reads(indices);
        visitor.writes(y);
    }
};

struct Pad {
    Array<const float> x;
    Array<float> y;
    PictureSize x_size;
    PictureSize y_size;
    PictureStrides x_strides;
    PictureStrides y_strides;
    std::int32_t top;
    std::int32_t left;
    float value;
    std::int32_t repeats_edge;

    OVERFEAT_BOTH void operator()(std::int64_t index) const {
        const Cell cell = cellOf(y_size, index);
        std::int32_t row = cell.y - top;
        std::int32_t column = cell.x - left;
        if (repeats_edge != 0) {
            row = row < 0 ? 0 : row >= x_size.height ? x_size.height - 1 : row;
            column = column < 0 ? 0 : column >= x_size.width ? x_size.width - 1 : column;
        }
        const bool inside = row >= 0 && row < x_size.height && column >= 0 && column < x_size.width;
        y[y_strides.at(cell.n, cell.c, cell.y, cell.x)] =
            inside ? x[x_strides.at(cell.n, cell.c, row, column)] : value;
    }

    template <class Visitor>
    void touch(Visitor& visitor) const {
        visitor.reads(x);
        visitor.writes(y);
    }
};

struct Pool {
    enum class Kind : std::int32_t { kMax, kAverage, kAverageCountingPadding };

    Array<const float> x;
    Array<float> y;
    PictureSize x_size;
    PictureSize y_size;
    PictureStrides x_strides;
    PictureStrides y_strides;
    Window window;
    Kind kind;

    OVERFEAT_BOTH void operator()(std::int64_t index) const {
        const Cell cell = cellOf(y_size, index);
        const std::int32_t top = cell.y * window.stride_height - window.top;
        const std::int32_t left = cell.x * window.stride_width - window.left;
        float best = -INFINITY;
        CompensatedSum sum;
        std::int32_t counted = 0;
        for (std::int32_t i = 0; i < window.kernel_height; ++i) {
            const std::int32_t row = top + i * window.dilation_height;
            for (std::int32_t j = 0; j < window.kernel_width; ++j) {
                const std::int32_t column = left + j * window.dilation_width;
                const bool inside =
                    row >= 0 && row < x_size.height && column >= 0 && column < x_size.width;
                // A window may reach beyond the padding; what lies there is never counted.
                const bool padding = kind == Kind::kAverageCountingPadding &&
                                     row < x_size.height + window.bottom &&
                                     column < x_size.width + window.right;
                counted += inside || padding ? 1 : 0;
                if (!inside) continue;
                const float value = x[x_strides.at(cell.n, cell.c, row, column)];
                if (kind != Kind::kMax) {
                    sum.add(value);
                } else if (value > best) {
                    best = value;
                }
            }
        }
        const float mean = counted > 0 ? sum.value() / static_cast<float>(counted) : 0;
        y[y_strides.at(cell.n, cell.c, cell.y, cell.x)] = kind == Kind::kMax ? best : mean;
    }

    template <class Visitor>
    void touch(Visitor& visitor) const {
        visitor.reads(x);
        visitor.writes(y);
    }
};

// Means over some axes, softmax, and normalisation: one call per row, which is everything along
// `along` at one position of `grid`.
struct Rows {
    enum class Kind : std::int32_t { kMean, kSoftmax, kNormalise };

    Grid grid;
    Grid along;
    std::uint32_t length;  // of a row
    Array<const float> x;
    Array<float> y;
    Array<const float> scale;  // of kNormalise, one per place in a row
    Array<const float> bias;   // likewise, or empty
    Strides x_strides;         // of the position
    Strides y_strides;
    Strides x_along;  // within the row
    Strides y_along;
    Kind kind;
    float epsilon;

    OVERFEAT_BOTH void operator()(std::int64_t index) const {
        const auto row = static_cast<std::uint32_t>(index);
        const std::uint32_t from = offsetOf(grid, row, x_strides);
        const std::uint32_t to = offsetOf(grid, row, y_strides);
        if (kind == Kind::kSoftmax) return softmax(from, to);
        CompensatedSum sum;
        for (std::uint32_t k = 0; k < length; ++k)
            sum.add(x[from + offsetOf(along, k, x_along)]);
        const float mean = sum.value() / static_cast<float>(length);
        if (kind == Kind::kMean) {
            y[to] = mean;
        } else {
            normalise(from, to, mean);
        }
    }

    template <class Visitor>
    void touch(Visitor& visitor) const {
        visitor.reads(x);
        visitor.reads(scale);
        visitor.reads(bias);
        visitor.writes(y);
    }

private:
    OVERFEAT_BOTH void softmax(std::uint32_t from, std::uint32_t to) const {
        float largest = -INFINITY;
        for (std::uint32_t k = 0; k < length; ++k) {
            const float value = x[from + offsetOf(along, k, x_along)];
            if (value > largest) largest = value;
        }
        CompensatedSum sum;
        for (std::uint32_t k = 0; k < length; ++k)
            sum.add(std::exp(x[from + offsetOf(along, k, x_along)] - largest));
        const float total = sum.value();
        for (std::uint32_t k = 0; k < length; ++k) {
            y[to + offsetOf(along, k, y_along)] =
                std::exp(x[from + offsetOf(along, k, x_along)] - largest) / total;
        }
    }

    OVERFEAT_BOTH void normalise(std::uint32_t from, std::uint32_t to, float mean) const {
        CompensatedSum squares;
        for (std::uint32_t k = 0; k < length; ++k) {
            const float d = x[from + offsetOf(along, k, x_along)] - mean;
            squares.add(d * d);
        }
        const float variance = squares.value() / static_cast<float>(length);
        const float factor = 1 / std::sqrt(variance + epsilon);
        for (std::uint32_t k = 0; k < length; ++k) {
            const float d = x[from + offsetOf(along, k, x_along)] - mean;
            const float shift = bias.empty() ? 0 : bias[k];
            y[to + offsetOf(along, k, y_along)] = d * factor * scale[k] + shift;
        }
    }
};

// y = alpha * a b + beta * c over any outer axes: products of two things that were computed.
struct Product {
    Grid grid;  // of y
    Array<const float> a;
    Array<const float> b;
    Array<const float> c;  // or empty
    Array<float> y;
    Strides a_strides;  // 0 along the columns
    Strides b_strides;  // 0 along the rows
    Strides c_strides;
    std::uint32_t depth;
    std::uint32_t a_step;
    std::uint32_t b_step;
    float alpha;
    float beta;

    OVERFEAT_BOTH void operator()(std::int64_t index) const {
        const auto at = static_cast<std::uint32_t>(index);
        const std::uint32_t at_a = offsetOf(grid, at, a_strides);
        const std::uint32_t at_b = offsetOf(grid, at, b_strides);
        float sum = 0;
        for (std::uint32_t k = 0; k < depth; ++k)
            sum += a[at_a + k * a_step] * b[at_b + k * b_step];
        sum *= alpha;
        if (!c.empty()) sum += beta * c[offsetOf(grid, at, c_strides)];
        y[index] = sum;
    }

    template <class Visitor>
    void touch(Visitor& visitor) const {
        visitor.reads(a);
        visitor.reads(b);
        visitor.reads(c);
        visitor.writes(y);
    }
};

// A convolution in plain loops, NHWC: those of one channel each, which wait for memory and not for
// arithmetic, and whatever the library refuses.
struct DirectConvolution {
    Array<const float> x;
    Array<const float> weights;  // [height][width][in / groups][out]
    Array<const float> bias;     // or empty
    Array<const float> residual;
    Array<float> y;
    PictureSize x_size;
    PictureSize y_size;
    Window window;
    std::int32_t inputs_per_group;
    std::int32_t outputs_per_group;
    Activation activation;

    OVERFEAT_BOTH void operator()(std::int64_t index) const {
        const Cell cell = cellOf(y_size, index);
        const std::int32_t first = cell.c / outputs_per_group * inputs_per_group;
        const std::int32_t top = cell.y * window.stride_height - window.top;
        const std::int32_t left = cell.x * window.stride_width - window.left;
        float sum = bias.empty() ? 0 : bias[cell.c];
        for (std::int32_t i = 0; i < window.kernel_height; ++i) {
            const std::int32_t row = top + i * window.dilation_height;
            if (row < 0 || row >= x_size.height) continue;
            for (std::int32_t j = 0; j < window.kernel_width; ++j) {
                const std::int32_t column = left + j * window.dilation_width;
                if (column < 0 || column >= x_size.width) continue;
                const std::int64_t from =
                    ((std::int64_t{cell.n} * x_size.height + row) * x_size.width + column) *
                        x_size.channels +
                    first;
                const std::int64_t tap =
                    std::int64_t{i * window.kernel_width + j} * inputs_per_group;
                for (std::int32_t k = 0; k < inputs_per_group; ++k)
                    sum += x[from + k] * weights[(tap + k) * y_size.channels + cell.c];
            }
        }
        if (!residual.empty()) sum += residual[index];
        y[index] = activation(sum);
    }

    template <class Visitor>
    void touch(Visitor& visitor) const {
        visitor.reads(x);
        visitor.reads(weights);
        visitor.reads(bias);
        visitor.reads(residual);
        visitor.writes(y);
    }
};

// backend::AxisTaps in memory of the device.
struct Taps {
    Array<const std::int32_t> first;
    Array<const std::int32_t> count;
    Array<const float> weights;
    std::int32_t most;
};

// A picture of bytes becomes the input of a network, in the order of sums that backend::Resizing
// asks for. A line is summed again for every column that it makes: where pictures get smaller,
// which is where lines are many, columns share next to none of their pixels.
struct Resize {
    Array<const std::uint8_t> rgb;
    Array<float> y;
    std::int64_t row_bytes;
    PictureSize y_size;  // of one picture with three channels
    PictureStrides y_strides;
    Taps across;
    Taps down;
    float mean[3];
    float factor[3];
    std::int32_t mirrored;

    OVERFEAT_BOTH void operator()(std::int64_t index) const {
        const Cell cell = cellOf(y_size, index);
        const std::int32_t column = mirrored != 0 ? y_size.width - 1 - cell.x : cell.x;
        const std::int64_t weight = std::int64_t{column} * across.most;
        const std::int64_t from = down.first[cell.y] * row_bytes +
                                  std::int64_t{across.first[column]} * y_size.channels + cell.c;
        const std::int32_t count = across.count[column];
        float sum = line(from, cell.y) * across.weights[weight];
        for (std::int32_t k = 1; k < count; ++k) {
            const std::int64_t pixel = from + std::int64_t{k} * y_size.channels;
            sum += line(pixel, cell.y) * across.weights[weight + k];
        }
        y[y_strides.at(cell.n, cell.c, cell.y, cell.x)] = (sum - mean[cell.c]) * factor[cell.c];
    }

    template <class Visitor>
    void touch(Visitor& visitor) const {
        visitor.reads(rgb);
        for (const Taps* taps : {&across, &down}) {
            visitor.reads(taps->first);
            visitor.reads(taps->count);
            visitor.reads(taps->weights);
        }
        visitor.writes(y);
    }

private:
    // Of the bytes below one another from `from` on, those that make a row.
    OVERFEAT_BOTH float line(std::int64_t from, std::int32_t row) const {
        const std::int64_t weight = std::int64_t{row} * down.most;
        const std::int32_t count = down.count[row];
        const auto weighted = [&](std::int32_t k) {
            return down.weights[weight + k] * static_cast<float>(rgb[from + k * row_bytes]);
        };
        float sum = weighted(0);
        if (count > 1) sum += weighted(1);
        std::int32_t k = 2;
        for (; k + 1 < count; k += 2)
            sum += weighted(k) + weighted(k + 1);
        if (k < count) sum += weighted(k);
        return sum;
    }
};

// The numbers under which the device knows them: their places in this list.
template <class... Bodies>
struct KernelList {
    template <class Body>
    static constexpr std::int32_t numberOf() {
        static_assert((std::is_same_v<Body, Bodies> || ...));
        std::int32_t number = 0;
        (void)((std::is_same_v<Body, Bodies> || (++number, false)) || ...);
        return number;
    }

    // Calls use(body) with the body that the bytes are, or returns false if they are none.
    template <class Use>
    static bool with(std::int32_t kernel, const void* body, std::size_t bytes, Use use) {
        const auto as = [&]<class Body>(const Body* typed) {
            if (kernel != numberOf<Body>() || bytes != sizeof(Body)) return false;
            use(*typed);
            return true;
        };
        return (as(static_cast<const Bodies*>(body)) || ...);
    }
};
using Kernels =
    KernelList<Elementwise, Gather, Pad, Pool, Rows, Product, DirectConvolution, Resize>;

}  // namespace overfeat::backend::cuda
