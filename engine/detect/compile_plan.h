// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "engine/backend/backend.h"

namespace overfeat::detect {

// A graph for one input shape, compiled on the recogniser's device or found among those that were.
using CompilePlan = std::function<std::shared_ptr<backend::Plan>(
    const std::shared_ptr<const net::Graph>&, const Shape&)>;

}  // namespace overfeat::detect
