// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <stop_token>

#include "engine/core/shape.h"
#include "engine/net/graph.h"

namespace overfeat::backend::reference {

// A row-major tensor that somebody else owns.
struct Operand {
    const float* data = nullptr;
    Shape shape;
};
struct Result {
    float* data = nullptr;
    Shape shape;
};

// Computes one node the way the ONNX specification words it: plain loops, sums in double, no
// threads. `inputs` are in the node's order; absent ones have no data. The shapes have been checked
// by net::inferShapes. Returns false if it gave up because of a stop request, which convolutions,
// poolings and products look for before every number they compute.
bool compute(const net::Op& op, std::span<const Operand> inputs, const Result& output,
             const std::stop_token& stop);

}  // namespace overfeat::backend::reference
