// SPDX-License-Identifier: Apache-2.0
#include "engine/core/look.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>

#include "engine/core/error.h"

namespace overfeat {
namespace {

// Every limited option with its limits, once: checking and correcting both walk this way.
template <class Options, class Visit>
void forEachLimited(Options& options, const Visit& visit) {
    using D = DetectionOptions;
    visit(options.classes_per_scale, D::kClassesPerScale, "number of classes per scale");
    visit(options.window_threshold, D::kWindowThreshold, "threshold for windows");
    visit(options.max_raw_boxes, D::kMaxRawBoxes, "number of raw boxes");
    visit(options.match_threshold, D::kMatchThreshold, "match score's limit");
    visit(options.box_sharpness, D::kBoxSharpness, "sharpness of boxes");
    visit(options.same_place_share, D::kSamePlaceShare, "share of a box inside another");
    visit(options.duplicate_share, D::kDuplicateShare, "share from which boxes are one object");
    visit(options.alternative_overlap, D::kAlternativeOverlap,
          "overlap from which other classes are one object");
    visit(options.nms_overlap, D::kNmsOverlap, "overlap for NMS");
    visit(options.soft_nms_sigma, D::kSoftNmsSigma, "sigma of soft-NMS");
    visit(options.score_threshold, D::kScoreThreshold, "score threshold");
    for (auto& [id, threshold] : options.class_thresholds)
        visit(threshold, D::kScoreThreshold, "threshold of a class");
    visit(options.min_votes, D::kMinVotes, "number of votes");
    visit(options.max_objects, D::kMaxObjects, "number of objects");
}

template <class Look, class Visit>
void forEachLimitOf(Look& look, const Visit& visit) {
    visit(look.scale_count, look.kScaleCount, "number of scales");
    visit(look.smallest_side_windows, look.kSideWindows, "smallest scale, in windows,");
    visit(look.largest_side_windows, look.kSideWindows, "largest scale, in windows,");
    visit(look.fine_steps, look.kFineSteps, "number of fine steps");
}

// Nothing is allocated while all is well: this runs for every frame.
constexpr auto kRefuse = [](const auto& value, const auto& range, std::string_view what) {
    if (range.holds(value)) return;
    std::ostringstream sentence;
    sentence << "The " << what << " must be between " << range.least << " and " << range.most
             << ", not " << value << ".";
    throw Error(ErrorCode::kUsage, sentence.str());
};

constexpr auto kCorrect = [](auto& value, const auto& range, std::string_view) {
    value = range.nearest(value);
};

}  // namespace

bool sameWork(const Look& a, const Look& b) {
    return a.views == b.views && a.scale_count == b.scale_count &&
           a.smallest_side_windows == b.smallest_side_windows &&
           a.largest_side_windows == b.largest_side_windows && a.fine_steps == b.fine_steps &&
           a.flip == b.flip && a.taught == b.taught && a.network_classes == b.network_classes &&
           a.layer == b.layer;
}

void checkLimits(const DetectionOptions& options) {
    forEachLimited(options, kRefuse);
}

DetectionOptions withinLimits(DetectionOptions options) {
    forEachLimited(options, kCorrect);
    return options;
}

void checkLimits(const Look& look) {
    forEachLimitOf(look, kRefuse);
    if (look.largest_side_windows < look.smallest_side_windows) {
        throw Error(ErrorCode::kUsage,
                    "The largest scale is smaller than the smallest one; exchange the two.");
    }
    if (look.detection) checkLimits(*look.detection);
}

Look withinLimits(Look look) {
    forEachLimitOf(look, kCorrect);
    look.largest_side_windows = std::max(look.largest_side_windows, look.smallest_side_windows);
    if (look.detection) look.detection = withinLimits(*look.detection);
    return look;
}

}  // namespace overfeat
