// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/reference/reference_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <variant>
#include <vector>

namespace overfeat::backend::reference {
namespace {

using net::Activation;
using net::SlidingWindow;

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

float activate(double value, const Activation& activation) {
    const auto hard = [&](double slope, double offset) {
        return std::min(std::max(slope * value + offset, 0.0), 1.0);
    };
    double y = value;
    switch (activation.curve) {
        case net::Curve::kClip:
            return std::min(std::max(static_cast<float>(value), activation.low), activation.high);
        case net::Curve::kSigmoid:
            y = sigmoid(value);
            break;
        case net::Curve::kHardSigmoid:
            y = hard(activation.slope, activation.offset);
            break;
        case net::Curve::kLeakyRelu:
            y = value < 0 ? activation.slope * value : value;
            break;
        case net::Curve::kSwish:
            y = value * sigmoid(value);
            break;
        case net::Curve::kHardSwish:
            y = value * hard(1.0 / 6, 0.5);
            break;
        case net::Curve::kGelu:
            y = value * (1 + std::erf(value / std::sqrt(2.0))) / 2;
            break;
        case net::Curve::kErf:
            y = std::erf(value);
            break;
        case net::Curve::kSqrt:
            y = std::sqrt(value);
            break;
        case net::Curve::kTanh:
            y = std::tanh(value);
            break;
        case net::Curve::kFloor:
            y = std::floor(value);
            break;
        case net::Curve::kCeil:
            y = std::ceil(value);
            break;
    }
    return static_cast<float>(y);
}

std::int64_t product(const Shape& shape, int begin, int end) {
    std::int64_t count = 1;
    for (int axis = begin; axis < end; ++axis)
        count *= shape[axis];
    return count;
}

// NCHW tensors as a function of four indices.
template <class T>
class Picture {
public:
    Picture(T* data, const Shape& shape)
        : data_(data), channels_(shape[1]), height_(shape[2]), width_(shape[3]) {}

    T& at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const {
        return data_[((n * channels_ + c) * height_ + y) * width_ + x];
    }
    bool contains(std::int64_t y, std::int64_t x) const {
        return y >= 0 && y < height_ && x >= 0 && x < width_;
    }
    std::int64_t height() const { return height_; }
    std::int64_t width() const { return width_; }

private:
    T* data_;
    std::int64_t channels_;
    std::int64_t height_;
    std::int64_t width_;
};

// Stops early after a stop request; a single cell of a large window takes milliseconds.
template <class Body>
bool forEachCell(const Shape& shape, const std::stop_token& stop, Body body) {
    for (std::int64_t n = 0; n < shape[0]; ++n)
        for (std::int64_t c = 0; c < shape[1]; ++c)
            for (std::int64_t y = 0; y < shape[2]; ++y)
                for (std::int64_t x = 0; x < shape[3]; ++x) {
                    if (stop.stop_requested()) return false;
                    body(n, c, y, x);
                }
    return true;
}

// Calls body(kernel row, kernel column, input row, input column) for every tap of the window of
// output cell (y, x), also for those outside the picture.
template <class Body>
void forEachTap(const SlidingWindow& window, std::int64_t y, std::int64_t x, Body body) {
    const std::int64_t top = y * window.stride.height - window.padding.top;
    const std::int64_t left = x * window.stride.width - window.padding.left;
    for (std::int64_t i = 0; i < window.kernel.height; ++i)
        for (std::int64_t j = 0; j < window.kernel.width; ++j)
            body(i, j, top + i * window.dilation.height, left + j * window.dilation.width);
}

struct Computation {
    std::span<const Operand> in;
    const Result& out;
    const std::stop_token& stop;

    bool has(std::size_t index) const { return index < in.size() && in[index].data != nullptr; }
    Picture<const float> picture(std::size_t index) const {
        return {in[index].data, in[index].shape};
    }
    Picture<float> result() const { return {out.data, out.shape}; }
    std::int64_t count() const { return out.shape.elementCount(); }

    bool operator()(const net::Conv& conv) const {
        const auto x = picture(0);
        const auto weight = picture(1);
        const auto y = result();
        const std::int64_t inputs_per_group = in[1].shape[1];
        const std::int64_t outputs_per_group = out.shape[1] / conv.groups;
        return forEachCell(out.shape, stop, [&](auto n, auto o, auto row, auto column) {
            const std::int64_t first = o / outputs_per_group * inputs_per_group;
            double sum = has(2) ? in[2].data[o] : 0.0;
            forEachTap(conv.window, row, column, [&](auto i, auto j, auto source_y, auto source_x) {
                if (!x.contains(source_y, source_x)) return;
                for (std::int64_t c = 0; c < inputs_per_group; ++c)
                    sum += double{weight.at(o, c, i, j)} * x.at(n, first + c, source_y, source_x);
            });
            if (has(3)) sum += picture(3).at(n, o, row, column);
            y.at(n, o, row, column) = activate(sum, conv.activation);
        });
    }

    bool operator()(const net::MaxPool& pool) const {
        const auto x = picture(0);
        const auto y = result();
        return forEachCell(out.shape, stop, [&](auto n, auto c, auto row, auto column) {
            float best = -std::numeric_limits<float>::infinity();
            forEachTap(pool.window, row, column, [&](auto, auto, auto source_y, auto source_x) {
                if (x.contains(source_y, source_x))
                    best = std::max(best, x.at(n, c, source_y, source_x));
            });
            y.at(n, c, row, column) = best;
        });
    }

    bool operator()(const net::AveragePool& pool) const {
        const auto x = picture(0);
        const auto y = result();
        const SlidingWindow& window = pool.window;
        // A ceil_mode window may reach beyond the padding; what lies there is never counted.
        const std::int64_t bottom = x.height() + window.padding.bottom;
        const std::int64_t right = x.width() + window.padding.right;
        return forEachCell(out.shape, stop, [&](auto n, auto c, auto row, auto column) {
            double sum = 0;
            std::int64_t counted = 0;
            forEachTap(window, row, column, [&](auto, auto, auto source_y, auto source_x) {
                const bool inside = x.contains(source_y, source_x);
                if (inside) sum += x.at(n, c, source_y, source_x);
                const bool padding =
                    pool.count_include_padding && source_y < bottom && source_x < right;
                if (inside || padding) ++counted;
            });
            y.at(n, c, row, column) =
                static_cast<float>(counted > 0 ? sum / static_cast<double>(counted) : 0.0);
        });
    }

    bool operator()(const net::GlobalAveragePool& /*unused*/) const {
        const std::int64_t area = product(in[0].shape, 2, in[0].shape.rank());
        for (std::int64_t plane = 0; plane < count(); ++plane) {
            double sum = 0;
            for (std::int64_t i = 0; i < area; ++i)
                sum += in[0].data[plane * area + i];
            out.data[plane] = static_cast<float>(sum / static_cast<double>(area));
        }
        return true;
    }

    bool operator()(const net::Activate& node) const {
        for (std::int64_t i = 0; i < count(); ++i)
            out.data[i] = activate(in[0].data[i], node.activation);
        return true;
    }

    bool operator()(const net::Add& add) const {
        for (std::int64_t i = 0; i < count(); ++i) {
            const double sum = double{broadcast(0, i)} + broadcast(1, i);
            out.data[i] = activate(sum, add.activation);
        }
        return true;
    }

    bool operator()(const net::Concat& concat) const {
        const int axis = concat.axis < 0 ? concat.axis + out.shape.rank() : concat.axis;
        const std::int64_t outer = product(out.shape, 0, axis);
        float* to = out.data;
        for (std::int64_t row = 0; row < outer; ++row) {
            for (const Operand& operand : in) {
                const std::int64_t run = product(operand.shape, axis, operand.shape.rank());
                to = std::copy_n(operand.data + row * run, run, to);
            }
        }
        return true;
    }

    bool operator()(const net::BatchNormalization& norm) const {
        const std::int64_t channels = in[0].shape[1];
        const std::int64_t area = product(in[0].shape, 2, in[0].shape.rank());
        for (std::int64_t i = 0; i < count(); ++i) {
            const std::int64_t c = i / area % channels;
            const double deviation = std::sqrt(double{in[4].data[c]} + norm.epsilon);
            const double normalised = (double{in[0].data[i]} - in[3].data[c]) / deviation;
            out.data[i] = static_cast<float>(normalised * in[1].data[c] + in[2].data[c]);
        }
        return true;
    }

    bool operator()(const net::Gemm& gemm) const {
        const std::int64_t rows = out.shape[0];
        const std::int64_t columns = out.shape[1];
        const std::int64_t depth = in[0].shape[gemm.transpose_a ? 0 : 1];
        for (std::int64_t i = 0; i < rows; ++i) {
            for (std::int64_t j = 0; j < columns; ++j) {
                if (stop.stop_requested()) return false;
                double sum = 0;
                for (std::int64_t k = 0; k < depth; ++k) {
                    const float a = in[0].data[gemm.transpose_a ? k * rows + i : i * depth + k];
                    const float b = in[1].data[gemm.transpose_b ? j * depth + k : k * columns + j];
                    sum += double{a} * b;
                }
                sum *= gemm.alpha;
                if (has(2)) sum += double{gemm.beta} * broadcast(2, i * columns + j);
                out.data[i * columns + j] = static_cast<float>(sum);
            }
        }
        return true;
    }

    bool operator()(const net::Flatten& /*unused*/) const {
        std::copy_n(in[0].data, count(), out.data);
        return true;
    }
    bool operator()(const net::Identity& /*unused*/) const {
        std::copy_n(in[0].data, count(), out.data);
        return true;
    }

    bool operator()(const net::Softmax& softmax) const {
        const int rank = out.shape.rank();
        const int axis = softmax.axis < 0 ? softmax.axis + rank : softmax.axis;
        const int end = softmax.flattens_from_axis ? rank : std::min(axis + 1, rank);
        const std::int64_t outer = product(out.shape, 0, axis);
        const std::int64_t length = product(out.shape, axis, end);
        const std::int64_t inner = product(out.shape, end, rank);
        for (std::int64_t row = 0; row < outer; ++row) {
            for (std::int64_t column = 0; column < inner; ++column) {
                const float* x = in[0].data + row * length * inner + column;
                float* y = out.data + row * length * inner + column;
                float largest = -std::numeric_limits<float>::infinity();
                for (std::int64_t k = 0; k < length; ++k)
                    largest = std::max(largest, x[k * inner]);
                double sum = 0;
                for (std::int64_t k = 0; k < length; ++k)
                    sum += std::exp(double{x[k * inner]} - largest);
                for (std::int64_t k = 0; k < length; ++k) {
                    const double e = std::exp(double{x[k * inner]} - largest);
                    y[k * inner] = static_cast<float>(e / sum);
                }
            }
        }
        return true;
    }

    bool operator()(const net::Arithmetic& node) const {
        using Kind = net::Arithmetic::Kind;
        for (std::int64_t i = 0; i < count(); ++i) {
            const double a = broadcast(0, i);
            const double b = broadcast(1, i);
            double y = 0;
            switch (node.kind) {
                case Kind::kSubtract:
                    y = a - b;
                    break;
                case Kind::kMultiply:
                    y = a * b;
                    break;
                case Kind::kDivide:
                    y = a / b;
                    break;
                case Kind::kPower:
                    y = std::pow(a, b);
                    break;
            }
            out.data[i] = static_cast<float>(y);
        }
        return true;
    }

    bool operator()(const net::Pad& pad) const {
        const auto x = picture(0);
        const auto y = result();
        return forEachCell(out.shape, stop, [&](auto n, auto c, auto row, auto column) {
            std::int64_t source_y = row - pad.padding.top;
            std::int64_t source_x = column - pad.padding.left;
            if (pad.repeats_edge) {
                source_y = std::clamp<std::int64_t>(source_y, 0, x.height() - 1);
                source_x = std::clamp<std::int64_t>(source_x, 0, x.width() - 1);
            }
            y.at(n, c, row, column) =
                x.contains(source_y, source_x) ? x.at(n, c, source_y, source_x) : pad.value;
        });
    }

    bool operator()(const net::Reshape& /*unused*/) const {
        std::copy_n(in[0].data, count(), out.data);
        return true;
    }

    // By the position of every output element: calls body(i, position) with its index per axis.
    template <class Body>
    void forEveryPosition(Body body) const {
        Shape position = out.shape;
        for (int axis = 0; axis < position.rank(); ++axis)
            position[axis] = 0;
        for (std::int64_t i = 0; i < count(); ++i) {
            body(i, position);
            for (int axis = position.rank() - 1; axis >= 0; --axis) {
                if (++position[axis] < out.shape[axis]) break;
                position[axis] = 0;
            }
        }
    }
    static std::int64_t flat(const Shape& shape, const Shape& position) {
        std::int64_t index = 0;
        for (int axis = 0; axis < shape.rank(); ++axis)
            index = index * shape[axis] + position[axis];
        return index;
    }

    bool operator()(const net::Transpose& transpose) const {
        forEveryPosition([&](std::int64_t i, const Shape& position) {
            Shape source = in[0].shape;
            for (int axis = 0; axis < source.rank(); ++axis)
                source[transpose.axes[static_cast<std::size_t>(axis)]] = position[axis];
            out.data[i] = in[0].data[flat(in[0].shape, source)];
        });
        return true;
    }

    bool operator()(const net::Gather& gather) const {
        const int axis = gather.axis < 0 ? gather.axis + out.shape.rank() : gather.axis;
        forEveryPosition([&](std::int64_t i, const Shape& position) {
            Shape source = position;
            source[axis] = gather.indices[static_cast<std::size_t>(position[axis])];
            out.data[i] = in[0].data[flat(in[0].shape, source)];
        });
        return true;
    }

    bool operator()(const net::ReduceMean& mean) const {
        const Shape& x = in[0].shape;
        std::vector<bool> reduced(static_cast<std::size_t>(x.rank()), mean.axes.empty());
        for (const int axis : mean.axes)
            reduced[static_cast<std::size_t>(axis < 0 ? axis + x.rank() : axis)] = true;
        // Where each input element goes, and how many go there.
        std::vector<double> sums(static_cast<std::size_t>(count()), 0.0);
        for (std::int64_t i = 0; i < x.elementCount(); ++i) {
            std::int64_t rest = i;
            std::int64_t target = 0;
            std::int64_t stride = 1;
            for (int axis = x.rank() - 1; axis >= 0; --axis) {
                if (!reduced[static_cast<std::size_t>(axis)]) {
                    target += rest % x[axis] * stride;
                    stride *= x[axis];
                }
                rest /= x[axis];
            }
            sums[static_cast<std::size_t>(target)] += in[0].data[i];
        }
        const double taken = static_cast<double>(x.elementCount()) / static_cast<double>(count());
        for (std::int64_t i = 0; i < count(); ++i)
            out.data[i] = static_cast<float>(sums[static_cast<std::size_t>(i)] / taken);
        return true;
    }

    bool operator()(const net::LayerNormalization& op) const {
        const Shape& x = out.shape;
        const int axis = op.axis < 0 ? op.axis + x.rank() : op.axis;
        const int end = op.only_axis ? axis + 1 : x.rank();
        const std::int64_t length = product(x, axis, end);
        const std::int64_t inner = product(x, end, x.rank());
        for (std::int64_t row = 0; row < product(x, 0, axis) * inner; ++row) {
            const std::int64_t first = row / inner * length * inner + row % inner;
            double mean = 0;
            double variance = 0;
            for (std::int64_t k = 0; k < length; ++k)
                mean += in[0].data[first + k * inner];
            mean /= static_cast<double>(length);
            for (std::int64_t k = 0; k < length; ++k) {
                const double d = in[0].data[first + k * inner] - mean;
                variance += d * d;
            }
            const double deviation = std::sqrt(variance / static_cast<double>(length) + op.epsilon);
            for (std::int64_t k = 0; k < length; ++k) {
                const double y = (in[0].data[first + k * inner] - mean) / deviation;
                const double bias = has(2) ? in[2].data[k] : 0.0;
                out.data[first + k * inner] = static_cast<float>(y * in[1].data[k] + bias);
            }
        }
        return true;
    }

    bool operator()(const net::MatMul& /*unused*/) const {
        const int rank = out.shape.rank();
        const std::int64_t columns = out.shape[rank - 1];
        const std::int64_t rows = out.shape[rank - 2];
        const std::int64_t depth = in[0].shape[in[0].shape.rank() - 1];
        for (std::int64_t i = 0; i < count(); ++i) {
            if (stop.stop_requested()) return false;
            const std::int64_t matrix = i / (rows * columns);
            const float* a = in[0].data + (matrixOf(0, matrix) * rows + i / columns % rows) * depth;
            const float* b = in[1].data + matrixOf(1, matrix) * depth * columns + i % columns;
            double sum = 0;
            for (std::int64_t k = 0; k < depth; ++k)
                sum += double{a[k]} * b[k * columns];
            out.data[i] = static_cast<float>(sum);
        }
        return true;
    }

private:
    // Which matrix of an operand goes into matrix `flat` of the output.
    std::int64_t matrixOf(std::size_t operand, std::int64_t flat) const {
        const Shape& shape = in[operand].shape;
        std::int64_t index = 0;
        std::int64_t stride = 1;
        for (int axis = out.shape.rank() - 3; axis >= 0; --axis) {
            const int own = axis - (out.shape.rank() - shape.rank());
            if (own < 0) break;
            if (shape[own] != 1) index += flat % out.shape[axis] * stride;
            flat /= out.shape[axis];
            stride *= shape[own];
        }
        return index;
    }

    // The value that NumPy's rules put at element `flat` of the output: axes are aligned at the
    // end, and an extent of 1 repeats.
    float broadcast(std::size_t operand, std::int64_t flat) const {
        const Shape& shape = in[operand].shape;
        std::int64_t offset = 0;
        std::int64_t stride = 1;
        for (int axis = out.shape.rank() - 1; axis >= 0; --axis) {
            const std::int64_t index = flat % out.shape[axis];
            flat /= out.shape[axis];
            const int own = axis - (out.shape.rank() - shape.rank());
            if (own < 0) break;
            if (shape[own] != 1) offset += index * stride;
            stride *= shape[own];
        }
        return in[operand].data[offset];
    }
};

}  // namespace

bool compute(const net::Op& op, std::span<const Operand> inputs, const Result& output,
             const std::stop_token& stop) {
    return std::visit(Computation{inputs, output, stop}, op);
}

}  // namespace overfeat::backend::reference
