// SPDX-License-Identifier: Apache-2.0
// What outlives a look hangs on a ClassId; an index means another class in the next network.
// MUST NOT COMPILE: could not convert|no viable|no match for|no matching
#include "engine/core/class_id.h"
#include "engine/core/detection_options.h"

void setThreshold(overfeat::DetectionOptions& options, const overfeat::ClassId& id,
                  [[maybe_unused]] int index) {
    options.class_thresholds[id] = 0.5;
#ifdef MUST_NOT_COMPILE
    options.class_thresholds[index] = 0.5;
#endif
}
