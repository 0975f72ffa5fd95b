// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/net/graph.h"
#include "engine/net/onnx_node.h"

namespace overfeat::net::ops {

// What several families of operators share.

// The attributes of whatever slides a kernel over a picture. Refuses what is not two-dimensional.
Extent2 spatialPair(OnnxNode& node, std::string_view attribute, Extent2 fallback);
SlidingWindow slidingWindow(OnnxNode& node, Extent2 kernel);
// The attribute "axis".
int axisAttribute(OnnxNode& node, std::int64_t fallback);

// These refuse the node if its inputs do not fit.
void requireRank(const Node& node, const Shape& shape, int rank, const char* what);
int resolvedAxis(const Node& node, int axis, int rank, int highest);
// Height and width after sliding `window` over `x`.
Extent2 slidExtent(const Node& node, const Shape& x, const SlidingWindow& window, bool ceil_mode);

}  // namespace overfeat::net::ops
