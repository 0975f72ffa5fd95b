// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>

#include "engine/core/api.h"
#include "engine/core/class_id.h"
#include "engine/core/range.h"

namespace overfeat {

// How raw boxes become objects.
enum class Merge {
    kVote,     // OverFeat section 4.3: boxes merge, their confidences add up
    kNms,      // greedy non-maximum suppression, the usual baseline
    kSoftNms,  // Gaussian soft-NMS (Bodla et al. 2017)
};

// How windows' boxes become objects, and which are shown. One definition for the engine, the
// settings, the window and the command line; the same holds for the limits, which are below.
// The defaults were tuned on 200 composed scenes made of training pictures
// (engine/evaluate/README.md).
struct DetectionOptions {
    Merge merge = Merge::kVote;

    // Which windows propose boxes: of each scale the `classes_per_scale` classes with the highest
    // spatial maximum (C_s of the paper), wherever a window gives them at least `window_threshold`.
    int classes_per_scale = 10;
    double window_threshold = 0.05;
    // The highest-scored proposals are kept when there are more.
    int max_raw_boxes = 5000;

    // Voting: two boxes merge while their match score, the distance of their centres in units of
    // their mean diagonal plus (1 - IoU), is below this. 0 = none, 2 = any that touch.
    double match_threshold = 0.8;
    // Merged edges are means weighted by accumulated confidence; otherwise the plain mean of the
    // two, as in the paper.
    bool weight_by_confidence = true;
    // The box of an object is the mean of its voters' weighted by score to this power
    // (settleBoxes); 0 = the merged box, as in the paper.
    double box_sharpness = 4;
    // Of two merged boxes of a class of which the smaller one lies inside the other by more than
    // this share of its area, the one with less confidence goes. 1 = both stay.
    double same_place_share = 0.7;

    // Voted objects at one place are one object; the weaker answers become its alternatives. Of its
    // own class: a box that shares more than this part of the smaller one's area. Of other classes:
    // more than this IoU. 1 = everything stays an object of its own.
    double duplicate_share = 0.4;
    double alternative_overlap = 0.5;

    // NMS: boxes of a class that overlap a better one by more than this IoU go. Soft-NMS: sigma.
    double nms_overlap = 0.5;
    double soft_nms_sigma = 0.5;

    // What is shown.
    double score_threshold = 0.2;                  // calibrated, 0..1
    std::map<ClassId, double> class_thresholds{};  // replace score_threshold for single classes
    int min_votes = 1;
    int max_objects = 100;
    // On video: objects are followed from frame to frame, so that neither labels nor boxes flicker
    // (live::Session). Says nothing about single pictures.
    bool steady = true;

    bool operator==(const DetectionOptions&) const = default;

    static constexpr Range<int> kClassesPerScale{1, 100'000};
    static constexpr Range<double> kWindowThreshold{0, 1};
    static constexpr Range<int> kMaxRawBoxes{1, 100'000};
    static constexpr Range<double> kMatchThreshold{0, 2};
    static constexpr Range<double> kBoxSharpness{0, 100};
    static constexpr Range<double> kSamePlaceShare{0, 1};
    static constexpr Range<double> kDuplicateShare{0, 1};
    static constexpr Range<double> kAlternativeOverlap{0, 1};
    static constexpr Range<double> kNmsOverlap{0, 1};
    static constexpr Range<double> kSoftNmsSigma{1e-6, 1e6};
    static constexpr Range<double> kScoreThreshold{0, 1};
    static constexpr Range<int> kMinVotes{1, 100'000};
    static constexpr Range<int> kMaxObjects{1, 2'147'483'647};
};

// Throws Error(kUsage) with a sentence naming the option and its limits.
OVERFEAT_API void checkLimits(const DetectionOptions& options);
// The same options with what is outside its limits at the nearest one.
OVERFEAT_API DetectionOptions withinLimits(DetectionOptions options);

}  // namespace overfeat
