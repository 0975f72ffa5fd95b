// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/core/detection.h"
#include "engine/core/detection_options.h"

namespace overfeat::detect {

// Makes one object of what was found at one place: what overlaps a better object becomes one of its
// alternatives (options.alternative_overlap, options.duplicate_share). `found` is best first and
// stays so; nothing in it has alternatives yet. No answer is lost.
void groupObjects(std::vector<Detection>& found, const DetectionOptions& options);

}  // namespace overfeat::detect
