// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/net/graph.h"
#include "engine/net/onnx_node.h"
#include "engine/net/onnx_operators.h"

namespace overfeat::net::ops {

// What several families of operators share.

// The attributes of whatever slides a kernel over a picture. Refuses what is not two-dimensional.
Extent2 spatialPair(OnnxNode& node, std::string_view attribute, Extent2 fallback);
SlidingWindow slidingWindow(OnnxNode& node, Extent2 kernel);
// The attribute "axis".
int axisAttribute(OnnxNode& node, std::int64_t fallback);

// Constants from constants. The copy of an operand is taken from the budget for weights.
ParsedNode constantNode(Tensor tensor, bool integral);
Tensor copiedConstant(OnnxNode& node, std::size_t operand);
// A constant operand as whole numbers; those beyond 2^53 are cut to it, as "to the end" is written
// so. None if it was left out.
std::vector<std::int64_t> wholeNumbers(OnnxNode& node, std::size_t operand);
// A whole number as it is held; refuses the node if that would round it.
float wholeNumber(const OnnxNode& node, double value);
// The shape of an operand; refuses the node if the file leaves it open.
const Shape& knownShape(OnnxNode& node, std::size_t operand);
// `axis` counted from the front; refuses what no tensor of this rank has.
int axisOf(OnnxNode& node, std::int64_t axis, int rank);

// NumPy's rule: axes are aligned at the end, and an extent of 1 repeats. Nothing if they do not
// fit.
std::optional<Shape> broadcastShape(const Shape& a, const Shape& b);
// The element of `tensor` that belongs to element `flat` of `shape`.
float broadcastElement(const Tensor& tensor, const Shape& shape, std::int64_t flat);

// These refuse the node if its inputs do not fit.
void requireRank(const Node& node, const Shape& shape, int rank, const char* what);
int resolvedAxis(const Node& node, int axis, int rank, int highest);
// Height and width after sliding `window` over `x`.
Extent2 slidExtent(const Node& node, const Shape& x, const SlidingWindow& window, bool ceil_mode);

}  // namespace overfeat::net::ops
