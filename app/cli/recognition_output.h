// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/cli/console.h"
#include "app/cli/inputs.h"
#include "engine/core/recognition.h"

namespace overfeat::cli {

// The best classes of a frame: as one JSON object
// {"file","frame","time","classes":[{"index","id","label","score"}],"timings_ms":{}}, or as lines.
void printClasses(Results& results, const InputFrame& input, const Recognition& seen,
                  std::size_t top);

}  // namespace overfeat::cli
