// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/net/graph.h"

namespace overfeat::net {

// Small tools that the rewrites share.

// A file holds once what many of its nodes read. So many numbers (64 MiB) may one rewrite copy of
// weights that are still read as they are: a few shared layers, and not each of 20,000 nodes.
inline constexpr std::int64_t kMaxCopiedWeights = std::int64_t{16} << 20;

// How often each value is read by nodes; graph outputs count as one reader each.
std::vector<int> readerCounts(const Graph& graph);

// For each value the index of the node that produces it, -1 for inputs and constants.
std::vector<int> producers(const Graph& graph);

// Makes every node and output that reads `from` read `to`.
void replaceReaders(Graph& graph, ValueId from, ValueId to);

// `name`, or with a number behind it if the graph has a value of that name already.
std::string uniqueName(const Graph& graph, const std::string& name);

// A copy without the nodes and values that no output needs, renumbered.
Graph pruned(const Graph& graph);

// The sliding window of a convolution or pooling node, nullptr for all others.
const SlidingWindow* windowOf(const Op& op) noexcept;
SlidingWindow* windowOf(Op& op) noexcept;

// The shape of the input for pictures of side x side pixels. Channels that the file leaves open are
// taken from the weights of the convolution that reads the input, else 3.
Shape squareInput(const Graph& graph, std::int64_t side);

}  // namespace overfeat::net
