// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/core/detection.h"
#include "engine/core/detection_options.h"
#include "engine/core/recognition.h"

namespace overfeat::detect {

// The boxes that the windows propose (OverFeat section 4.3, steps a to c): of each scale the
// classes with the highest spatial maximum, background left out, at every window that gives them at
// least the threshold. Boxes that are not finite or have no area propose nothing.
//
// In an order that depends on the boxes and not on how the maps are stored: by class (merge_votes.h
// relies on that), then by centre from left to right.
std::vector<RawBox> proposals(const Recognition& seen, const DetectionOptions& options);

// Brings raw boxes into that order.
void sortForMerging(std::vector<RawBox>& boxes);

}  // namespace overfeat::detect
