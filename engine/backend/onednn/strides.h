// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "engine/core/shape.h"

namespace overfeat::backend::onednn {

// Distances between neighbours along the axes of a row-major tensor.
using Strides = std::array<std::int64_t, Shape::kMaxRank>;

inline Strides stridesOf(const Shape& shape) noexcept {
    Strides strides{};
    std::int64_t stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        strides[static_cast<std::size_t>(axis)] = stride;
        stride *= shape[axis];
    }
    return strides;
}

// As seen from `result`: nothing moves where an operand repeats.
inline Strides broadcastStrides(const Shape& shape, const Shape& result) noexcept {
    const Strides own = stridesOf(shape);
    Strides strides{};
    const int missing = result.rank() - shape.rank();
    for (int axis = missing; axis < result.rank(); ++axis) {
        if (shape[axis - missing] != 1)
            strides[static_cast<std::size_t>(axis)] = own[static_cast<std::size_t>(axis - missing)];
    }
    return strides;
}

// Where element `flat` of a tensor of `shape` lies in one with other strides, of the first `axes`.
inline std::int64_t offsetOf(std::int64_t flat, const Shape& shape, const Strides& strides,
                             int axes) noexcept {
    std::int64_t offset = 0;
    for (int axis = axes - 1; axis >= 0; --axis) {
        offset += flat % shape[axis] * strides[static_cast<std::size_t>(axis)];
        flat /= shape[axis];
    }
    return offset;
}

}  // namespace overfeat::backend::onednn
