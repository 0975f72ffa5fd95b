// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>

namespace overfeat::detect {

// How raw boxes become objects.
enum class Merge {
    kVote,     // OverFeat section 4.3: boxes merge, their confidences add up
    kNms,      // greedy non-maximum suppression, the usual baseline
    kSoftNms,  // Gaussian soft-NMS (Bodla et al. 2017)
};

// The defaults were tuned on composed scenes (models/README.md).
struct DetectionOptions {
    Merge merge = Merge::kVote;

    // Which windows propose boxes: of each scale the `classes_per_scale` classes with the highest
    // spatial maximum (C_s of the paper), wherever a window gives them at least `window_threshold`.
    int classes_per_scale = 10;
    float window_threshold = 0.15F;
    // The highest-scored proposals are kept when there are more.
    int max_raw_boxes = 5000;

    // Voting: two boxes merge while their match score, centre distance in units of their mean
    // diagonal plus (1 - IoU), is below this. 0 = equal boxes only, above 2 = any.
    double match_threshold = 0.6;
    // Merged edges are means weighted by confidence; otherwise plain means.
    bool weight_by_confidence = true;

    // NMS: boxes of a class that overlap a better one by more than this IoU go. Soft-NMS: sigma.
    double nms_overlap = 0.5;
    double soft_nms_sigma = 0.5;

    // What is shown.
    float score_threshold = 0.3F;                   // calibrated, 0..1
    std::map<std::size_t, float> class_thresholds;  // replace score_threshold for single classes
    int min_votes = 1;
    int max_objects = 100;

    bool operator==(const DetectionOptions&) const = default;
};

}  // namespace overfeat::detect
