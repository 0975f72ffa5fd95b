// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/detector.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "engine/core/error.h"
#include "engine/detect/group_objects.h"
#include "engine/detect/merge_votes.h"
#include "engine/detect/proposals.h"
#include "engine/detect/settle_boxes.h"
#include "engine/detect/suppress.h"

namespace overfeat::detect {
namespace {

// Windows at the coarse stride of the networks this is made for lie a quarter of a window apart;
// a finer stride has so many times more of them.
constexpr double kCoarseStep = 0.25;

// Four times as many windows make less than four times the confidence: on the tune scenes 3.3
// to 3.5 times.
constexpr double kAgreement = 0.88;

double windowDensity(const ScoreMap& scale) noexcept {
    if (scale.rows() < 2 || scale.columns() < 2) return 1;
    const RectPx first = scale.windowAt({0, 0});
    const RectPx next = scale.windowAt({1, 1});
    const double x = (next.x - first.x) / (kCoarseStep * first.width);
    const double y = (next.y - first.y) / (kCoarseStep * first.height);
    return x > 0 && y > 0 ? std::max(1.0, 1 / (x * y)) : 1;
}

// The default pyramid: four scales, whose windows differ by up to 3.5 times.
constexpr double kUsualScales = 4;
const double kUsualRange = std::log(3.5);

// How many times more scales there are within the usual range than usual. Of the whole pyramid, and
// by area: single scales are rounded to whole strides, each side for itself. A small picture has
// its scales close together, but not more of them.
double scaleDensity(const Recognition& seen) noexcept {
    double least = std::numeric_limits<double>::infinity();
    double most = 0;
    double scales = 0;
    for (const ScoreMap& scale : seen.scales) {
        const double area = scale.windowAt({0, 0}).area();
        if (!(area > 0)) continue;
        least = std::min(least, area);
        most = std::max(most, area);
        ++scales;
    }
    const double range = most > least ? std::log(most / least) / 2 : 0;
    const double within = range > kUsualRange ? 1 + (scales - 1) * kUsualRange / range : scales;
    return std::max(1.0, within / kUsualScales);
}

// How many times more confidence an object gets than with the default options at the coarse stride.
// Of the strides the largest over the scales: small ones may consist of one row of windows.
double confidenceGain(const Recognition& seen) noexcept {
    double density = 1;
    for (const ScoreMap& scale : seen.scales)
        density = std::max(density, windowDensity(scale));
    return std::pow(density, kAgreement) * scaleDensity(seen);
}

float calibrated(const Calibration& calibration, double confidence, double gain) noexcept {
    const double logit =
        calibration.offset + calibration.slope * std::log(std::max(confidence / gain, 1e-12));
    return static_cast<float>(1 / (1 + std::exp(-logit)));
}

bool better(const Detection& a, const Detection& b) noexcept {
    if (a.confidence != b.confidence) return a.confidence > b.confidence;
    if (a.class_index != b.class_index) return a.class_index < b.class_index;
    if (a.box.x != b.box.x) return a.box.x < b.box.x;
    return a.box.y < b.box.y;
}

// Of objects of a class that lie inside one another the one with the most confidence stays: windows
// that saw only a part of an object agree on a box of their own. What is left is grouped, not
// dropped, for the strongest class is too often the wrong one.
void keepBestPerPlace(std::vector<Detection>& found, double share) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const RectPx& box = found[i].box;
        const bool covered =
            std::any_of(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept),
                        [&](const Detection& stronger) {
                            if (stronger.class_index != found[i].class_index) return false;
                            const double smaller = std::min(stronger.box.area(), box.area());
                            return intersection(stronger.box, box).area() > share * smaller;
                        });
        if (covered) continue;
        if (kept != i) found[kept] = std::move(found[i]);
        ++kept;
    }
    found.resize(kept);
}

}  // namespace

float shownFrom(const DetectionOptions& options, std::size_t class_index) {
    const auto own = options.class_thresholds.find(class_index);
    return own == options.class_thresholds.end() ? options.score_threshold : own->second;
}

void checkDetectionOptions(const DetectionOptions& options) {
    const auto require = [](bool fine, const std::string& sentence) {
        if (!fine) throw Error(ErrorCode::kUsage, sentence);
    };
    const auto share = [](double value) { return value >= 0 && value <= 1; };
    require(options.classes_per_scale >= 1, "At least one class per scale must propose boxes.");
    require(share(options.window_threshold),
            "The threshold for windows must be between 0 and 1, because it is a probability.");
    require(options.max_raw_boxes >= 1 && options.max_raw_boxes <= 100'000,
            "The number of raw boxes must be between 1 and 100000.");
    require(options.threads >= 0 && options.threads <= 1024,
            "The number of threads must be between 0 (one per core) and 1024.");
    require(options.match_threshold >= 0 && options.match_threshold <= 2,
            "The match score's limit must be between 0 (nothing merges) and 2.");
    require(options.box_sharpness >= 0 && options.box_sharpness <= 100,
            "The sharpness of boxes must be between 0 (the merged box) and 100.");
    require(share(options.same_place_share),
            "The share of a box that may lie inside another must be between 0 and 1.");
    require(share(options.duplicate_share),
            "The share from which boxes of a class are one object must be between 0 and 1.");
    require(share(options.alternative_overlap),
            "The overlap from which boxes of other classes are one object must be an IoU between 0 "
            "and 1.");
    require(share(options.nms_overlap), "The overlap for NMS must be an IoU between 0 and 1.");
    require(options.soft_nms_sigma > 0 && std::isfinite(options.soft_nms_sigma),
            "Soft-NMS needs a sigma above 0.");
    require(share(options.score_threshold), "The score threshold must be between 0 and 1.");
    for (const auto& [index, threshold] : options.class_thresholds)
        require(share(threshold), "The threshold of a class must be between 0 and 1.");
    require(options.min_votes >= 1, "An object needs at least one vote.");
    require(options.max_objects >= 1, "At least one object must be allowed.");
    require(std::isfinite(options.calibration.offset) && options.calibration.slope > 0 &&
                std::isfinite(options.calibration.slope),
            "The calibration needs a finite offset and a slope above 0.");
}

Detections detectObjects(const Recognition& seen, const DetectionOptions& options) {
    checkDetectionOptions(options);
    Detections answer;
    answer.raw = proposals(seen, options);
    std::vector<Detection> found;
    switch (options.merge) {
        case Merge::kVote:
            found = mergeVotes(answer.raw, options);
            settleBoxes(answer.raw, options, found);
            break;
        case Merge::kNms:
            found = suppress(answer.raw, options);
            break;
        case Merge::kSoftNms:
            found = suppressSoftly(answer.raw, options);
            break;
    }
    const RectPx frame{0, 0, static_cast<double>(seen.frame_size.width),
                       static_cast<double>(seen.frame_size.height)};
    const double gain = confidenceGain(seen);
    for (Detection& detection : found) {
        detection.box = intersection(detection.box, frame);
        // A suppression's survivor is one window; its probability is its score.
        detection.score = options.merge == Merge::kVote
                              ? calibrated(options.calibration, detection.confidence, gain)
                              : detection.confidence;
    }
    std::erase_if(found, [&](const Detection& detection) {
        // A suppression's survivor is alone: it has suppressed the others, not counted them.
        const bool too_few = options.merge == Merge::kVote &&
                             detection.votes() < static_cast<std::size_t>(options.min_votes);
        return detection.box.area() <= 0 || too_few;
    });
    std::ranges::sort(found, better);
    if (options.merge == Merge::kVote && options.same_place_share < 1)
        keepBestPerPlace(found, options.same_place_share);
    std::erase_if(found, [&](const Detection& detection) {
        return detection.score < shownFrom(options, detection.class_index);
    });
    if (options.merge == Merge::kVote) groupObjects(found, options);
    found.resize(std::min(found.size(), static_cast<std::size_t>(options.max_objects)));
    answer.objects = std::move(found);
    return answer;
}

}  // namespace overfeat::detect
