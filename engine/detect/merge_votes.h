// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/core/detection.h"
#include "engine/core/detection_options.h"

namespace overfeat::detect {

// How badly two boxes fit together: the distance of their centres in units of the mean of their
// diagonals, plus (1 - IoU). 0 for equal boxes, at least 1 for boxes that do not overlap.
//
// OverFeat section 4.3 says "the sum of the distance between centers of the two bounding boxes and
// the intersection area of the boxes", which is then minimised: taken literally, more overlap would
// be worse, and the sum of a length and an area would depend on the size of the picture. This is
// what must have been meant, without units.
float matchScore(const RectPx& a, const RectPx& b) noexcept;

// The paper's greedy merge: while the best pair of boxes of a class has a match score below the
// threshold, replace the two by their mean, whose confidence is the sum of theirs. Equal match
// scores are resolved by the order of the boxes.
//
// `raw` must be in the order of sortForMerging(); the answer's voters are indices into it. Boxes
// are not clipped, scores not calibrated. Same result as looking at all pairs again after every
// merge (tests/engine/detect/merge_votes_test.cpp), but each box remembers its best partner, and
// looks for it only among boxes near enough: O(n) searches among O(log n) packets of boxes each.
std::vector<Detection> mergeVotes(std::span<const RawBox> raw, const DetectionOptions& options,
                                  int threads = 0);

}  // namespace overfeat::detect
