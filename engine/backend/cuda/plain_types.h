// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/backend/cuda/kernels.h"
#include "engine/net/graph.h"

namespace overfeat::backend::cuda {

// As kernels know them.
Activation plain(const net::Activation& activation);
Window plain(const net::SlidingWindow& window);

}  // namespace overfeat::backend::cuda
