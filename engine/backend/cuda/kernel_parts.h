// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <stdexcept>

// What kernels are made of. They are bodies that are called once per index, compiled by nvcc for
// cards and by any compiler for the simulated device.
#if defined(__CUDACC__)
#define OVERFEAT_BOTH __host__ __device__
#else
#define OVERFEAT_BOTH
#endif

namespace overfeat::backend::cuda {

// Memory of the device with its length: on a card a pointer, on the processor checked.
template <class T>
struct Array {
    T* data;
    std::int64_t count;

    OVERFEAT_BOTH T& operator[](std::int64_t i) const {
#if !defined(__CUDA_ARCH__)
        if (i < 0 || i >= count) throw std::out_of_range("A kernel left its array.");
#endif
        return data[i];
    }
    OVERFEAT_BOTH bool empty() const {
        return data == nullptr;
    }
};

template <class T>
Array<const T> readOnly(const Array<T>& array) {
    return {array.data, array.count};
}

inline constexpr int kMaxAxes = 8;

// Positions that are counted through, the last axis fastest. (No network has 2^32 activations.)
struct Grid {
    std::int32_t axes;
    std::uint32_t extents[kMaxAxes];
};

// Where a tensor's element lies for a position in a grid.
struct Strides {
    std::uint32_t steps[kMaxAxes];
};

OVERFEAT_BOTH inline std::uint32_t offsetOf(const Grid& grid, std::uint32_t index,
                                            const Strides& strides) {
    std::uint32_t offset = 0;
    for (int axis = grid.axes - 1; axis > 0; --axis) {
        offset += index % grid.extents[axis] * strides.steps[axis];
        index /= grid.extents[axis];
    }
    return grid.axes > 0 ? offset + index * strides.steps[0] : offset;
}

// A sum of many floats that loses nothing to their number.
struct CompensatedSum {
    float sum = 0;
    float lost = 0;

    OVERFEAT_BOTH void add(float value) {
        const float total = sum + value;
        lost += std::fabs(sum) >= std::fabs(value) ? (sum - total) + value : (value - total) + sum;
        sum = total;
    }
    OVERFEAT_BOTH float value() const { return sum + lost; }
};

// net::Activation, plainly.
enum class CurveKind : std::int32_t {
    kClip,
    kSigmoid,
    kHardSigmoid,
    kLeakyRelu,
    kSwish,
    kHardSwish,
    kGelu,
    kErf,
    kSqrt,
    kFloor,
    kTanh,
    kCeil,
};

struct Activation {
    CurveKind curve;
    float low;
    float high;
    float slope;
    float offset;

    OVERFEAT_BOTH static float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }
    OVERFEAT_BOTH static float hard(float x, float slope, float offset) {
        const float y = slope * x + offset;
        return y < 0 ? 0 : y > 1 ? 1 : y;
    }
    OVERFEAT_BOTH float operator()(float x) const {
        switch (curve) {
            case CurveKind::kSigmoid:
                return sigmoid(x);
            case CurveKind::kHardSigmoid:
                return hard(x, slope, offset);
            case CurveKind::kLeakyRelu:
                return x < 0 ? slope * x : x;
            case CurveKind::kSwish:
                return x * sigmoid(x);
            case CurveKind::kHardSwish:
                return x * hard(x, 1.0F / 6, 0.5F);
            case CurveKind::kGelu:
                return x * (1 + std::erf(x * 0.70710678118654752F)) / 2;
            case CurveKind::kErf:
                return std::erf(x);
            case CurveKind::kSqrt:
                return std::sqrt(x);
            case CurveKind::kFloor:
                return std::floor(x);
            case CurveKind::kTanh:
                return std::tanh(x);
            case CurveKind::kCeil:
                return std::ceil(x);
            case CurveKind::kClip:
                break;
        }
        return x < low ? low : x > high ? high : x;
    }
};

// What slides, in rows and columns.
struct Window {
    std::int32_t kernel_height;
    std::int32_t kernel_width;
    std::int32_t stride_height;
    std::int32_t stride_width;
    std::int32_t dilation_height;
    std::int32_t dilation_width;
    std::int32_t top;
    std::int32_t left;
    std::int32_t bottom;
    std::int32_t right;
};

struct PictureSize {
    std::int32_t batch;
    std::int32_t channels;
    std::int32_t height;
    std::int32_t width;
};

// Where one cell of a picture lies: N, C, H, W.
struct PictureStrides {
    std::int64_t batch;
    std::int64_t channel;
    std::int64_t row;
    std::int64_t column;

    OVERFEAT_BOTH std::int64_t at(std::int64_t n, std::int64_t c, std::int64_t y,
                                  std::int64_t x) const {
        return n * batch + c * channel + y * row + x * column;
    }
};

// A cell by its number, channels fastest: neighbouring threads touch neighbouring memory.
struct Cell {
    std::int32_t n;
    std::int32_t c;
    std::int32_t y;
    std::int32_t x;
};

OVERFEAT_BOTH inline Cell cellOf(const PictureSize& size, std::int64_t index) {
    auto rest = static_cast<std::uint32_t>(index);
    Cell cell{};
    const auto channels = static_cast<std::uint32_t>(size.channels);
    const auto width = static_cast<std::uint32_t>(size.width);
    const auto height = static_cast<std::uint32_t>(size.height);
    cell.c = static_cast<std::int32_t>(rest % channels);
    rest /= channels;
    cell.x = static_cast<std::int32_t>(rest % width);
    rest /= width;
    cell.y = static_cast<std::int32_t>(rest % height);
    cell.n = static_cast<std::int32_t>(rest / height);
    return cell;
}

}  // namespace overfeat::backend::cuda
