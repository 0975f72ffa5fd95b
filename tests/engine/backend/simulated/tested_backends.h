// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "engine/backend/backend.h"
#include "tests/engine/backend/simulated/simulated_device.h"

namespace overfeat::test {

// All backends of the registry, and before them, under the name "simulated", the one for cards on a
// simulated card. What one promises all promise.
std::span<const backend::Backend* const> testedBackends();

// The card of that backend.
SimulatedDevice& testedDevice();

}  // namespace overfeat::test
