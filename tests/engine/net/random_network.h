// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/core/tensor.h"
#include "engine/net/graph.h"

namespace overfeat::test {

struct RandomNetwork {
    net::Graph graph;  // outputs: scores and boxes
    int window_px = 0;
};

// A small window network with two heads, different for every seed: convolutions with groups and
// strides, pooling of both kinds, batch normalisation, residual blocks, concatenations, a head that
// averages and one that flattens. Without `padded` no layer pads, so that sliding is exact.
RandomNetwork randomNetwork(std::uint32_t seed, bool padded);

// Uniform in [-1, 1), the same on every machine.
Tensor randomPicture(std::uint32_t seed, std::int64_t height, std::int64_t width);

}  // namespace overfeat::test
