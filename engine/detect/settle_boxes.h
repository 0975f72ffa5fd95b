// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/core/detection.h"
#include "engine/core/detection_options.h"

namespace overfeat::detect {

// Where a voted object is: the mean of its voters' boxes, weighted by score^box_sharpness, of those
// that overlap the merged box by at least kVoterOverlap (IoU).
//
// The merge decides who votes for what, and its box is a mean of all of them. Windows that saw the
// object from its edge vote for it, too, and are right about what it is; about where it ends the
// surest ones are (models/README.md has the figures). Does nothing if box_sharpness is 0: then the
// box is the paper's. Voters and confidences are left alone.
void settleBoxes(std::span<const RawBox> raw, const DetectionOptions& options,
                 std::vector<Detection>& found);

inline constexpr double kVoterOverlap = 0.5;

}  // namespace overfeat::detect
