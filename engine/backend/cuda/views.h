// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "engine/backend/cuda/kernels.h"
#include "engine/core/shape.h"

namespace overfeat::backend::cuda {

// How a tensor lies in memory. Only pictures (rank 4) can lie with their channels last.
enum class Layout : std::uint8_t { kPlain, kChannelsLast };

// True if both layouts are the same bytes.
bool isOneLayout(const Shape& shape);

// Per axis of the shape, how far apart two elements lie.
std::vector<std::uint32_t> stepsOf(const Shape& shape, Layout layout);
// Of a tensor that is repeated to the shape `to` by NumPy's rules; 0 where it is.
std::vector<std::uint32_t> broadcastSteps(const Shape& shape, Layout layout, const Shape& to);

PictureSize pictureSize(const Shape& shape);
PictureStrides pictureStrides(const Shape& shape, Layout layout);

// Positions with the steps of several tensors in it.
struct Arrangement {
    Grid grid{};
    std::vector<Strides> strides;  // one per tensor
};

// Counts through `extents` in the order of their steps in the first tensor, so that neighbours in
// the grid are neighbours in its memory, and joins axes where all tensors allow it.
Arrangement arrange(std::span<const std::int64_t> extents,
                    const std::vector<std::vector<std::uint32_t>>& steps);
// The same, but in the order the axes are in.
Arrangement arrangeInOrder(std::span<const std::int64_t> extents,
                           const std::vector<std::vector<std::uint32_t>>& steps);

}  // namespace overfeat::backend::cuda
