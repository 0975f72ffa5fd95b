// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/net/graph.h"

namespace overfeat::net {

// The graph as an ONNX file (opset 19) with its weights in it, for other programs to compute. The
// input is called kWrittenInput, and has the extents that the graph declares; the outputs, in the
// graph's order, are called `output_names`. Throws Error(kModel) if it is more than the 2 GiB that
// such a file can hold.
inline constexpr const char* kWrittenInput = "input";
std::string writeOnnx(const Graph& graph, const std::vector<std::string>& output_names);

// Differs for graphs that differ in anything but the numbers of their weights and the extents they
// declare: those numbers are not the same to the last bit wherever layers were fused.
std::uint64_t structurePrint(const Graph& graph);

}  // namespace overfeat::net
