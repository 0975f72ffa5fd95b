// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/core/detection.h"
#include "engine/core/detection_options.h"
#include "engine/core/shown_from.h"

namespace overfeat::detect {

// The baselines that voting is compared with. Every survivor votes for itself alone and its
// confidence is its own score (decayed by soft-NMS). Independent of the order of `raw`. Of a class
// at most options.max_objects survive, and none that would not be shown: that bounds the time.
// `pairs`, if given, grows by the pairs of boxes that were compared, which is what takes it.

// Greedy non-maximum suppression per class: the best box stays, others that overlap it by more
// than options.nms_overlap go, and so on.
std::vector<Detection> suppress(std::span<const RawBox> raw, const DetectionOptions& options,
                                const ShownFrom& shown_from, std::size_t* pairs = nullptr);

// Soft-NMS with Gaussian decay (Bodla et al., ICCV 2017, equation 3): nothing goes, but a box's
// score is multiplied by exp(-IoU^2 / sigma) for every better box. Boxes that fall below
// kForgotten are left out.
std::vector<Detection> suppressSoftly(std::span<const RawBox> raw, const DetectionOptions& options,
                                      const ShownFrom& shown_from, std::size_t* pairs = nullptr);
inline constexpr float kForgotten = 0.01F;

}  // namespace overfeat::detect
