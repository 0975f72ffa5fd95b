// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "engine/core/shape.h"
#include "engine/net/graph.h"

namespace overfeat::net {

// The shape of one node's output, given the shapes of its inputs (nullptr for kNoValue).
// Throws Error(kModel) naming the node if they do not fit together.
Shape outputShape(const Node& node, std::span<const Shape* const> inputs);

// Positions of a sliding window along one axis; 0 or less if it does not fit once. With
// `ceil_mode` a last, partly outside window counts if it starts inside the input or the padding
// before it.
std::int64_t windowPositions(std::int64_t input, std::int64_t padding_before,
                             std::int64_t padding_after, std::int64_t covered, std::int64_t stride,
                             bool ceil_mode) noexcept;

// Extents a file may ask for in one direction of a window. Keeps all later arithmetic far from
// overflow.
inline constexpr std::int64_t kMaxWindowExtent = 65'536;
inline constexpr std::int64_t kMaxGroups = std::int64_t{1} << 24;

}  // namespace overfeat::net
