// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/backend/backend.h"

namespace overfeat::backend {

// The oracle: every operator in plain loops with sums in double, on the calling thread, whatever
// `CompileOptions::threads` says. Runs wherever the engine runs; far too slow for live pictures.
const Backend& referenceBackend();

}  // namespace overfeat::backend
