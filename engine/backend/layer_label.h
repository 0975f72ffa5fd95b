// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/core/shape.h"
#include "engine/net/graph.h"

namespace overfeat::backend {

// What a layer is, for people: "Conv 3x3/2", "Conv 1x1", "Conv 3x3 groups 32", "MaxPool 2x2/1 d2".
std::string layerLabel(const net::Node& node);

// Multiply-adds of one node, `shapes` as net::inferShapes returns them.
std::int64_t layerMultiplyAdds(const net::Node& node, std::span<const Shape> shapes);

}  // namespace overfeat::backend
