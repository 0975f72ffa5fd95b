// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "engine/backend/backend.h"
#include "engine/net/graph.h"

namespace overfeat::detect {

// The backend that runs `graph`: the one backend::chooseBackend names, or, if `wanted` leaves a
// choice ("auto", "cpu") and that one cannot run the graph, the next one that can, with both
// reasons. Throws what chooseBackend throws, and Error(kModel) naming the node no backend can run.
backend::Choice chooseBackendFor(const net::Graph& graph, std::string_view wanted);

}  // namespace overfeat::detect
