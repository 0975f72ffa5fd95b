// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "engine/net/graph.h"

namespace overfeat::net {

// What exporters spell out in small steps, as the one operator it is: Swish and HardSwish as
// products, GELU, LayerNormalization, products of matrices with weights, shuffled channels. And
// parts that were written down with the channels last, with the channels first. `input` is a shape
// for which the network works; values of `keep` are there afterwards. A network without any of
// these comes back as it is.
Graph simplified(const Graph& graph, const Shape& input, std::span<const ValueId> keep);

// The second half: transpositions to channels last and back disappear as far as what lies between
// them can work with the channels first. An input with the channels last becomes one with them
// first.
Graph channelsFirst(const Graph& graph, const Shape& input);

// True for an input [N, H, W, 3].
bool hasChannelsLast(const Shape& declared) noexcept;

}  // namespace overfeat::net
