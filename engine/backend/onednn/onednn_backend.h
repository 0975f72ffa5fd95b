// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/backend/backend.h"

namespace overfeat::backend {

// Networks on the processor through oneDNN's generated code (README.md beside the room).
// Plans use OpenMP: run all plans of a process from one long-lived thread, because every calling
// thread gets a team of its own.
const Backend& onednnBackend();

}  // namespace overfeat::backend
