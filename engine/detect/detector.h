// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/core/api.h"
#include "engine/core/detection.h"
#include "engine/core/detection_options.h"
#include "engine/core/recognition.h"

namespace overfeat::detect {

// The objects in a frame, from what the network said at its windows (OverFeat sections 4.3 and 5).
// Empty where the score maps carry no boxes. The same recognition gives the same objects whatever
// the order of windows, and other options need no new run of the network: a frozen frame can be
// asked again and again (about a millisecond).
//
// Pure: any thread; very many boxes are merged on `threads` of them (0 = one per core). Throws
// Error(kUsage) for impossible options.
OVERFEAT_API Detections detectObjects(const Recognition& seen, const DetectionOptions& options,
                                      int threads = 0);

}  // namespace overfeat::detect
