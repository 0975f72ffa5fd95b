// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/detector.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "engine/core/taught_classes.h"
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

// How sure a taught object is: its surest window. Those know already how often they are right
// (taught_head.h), and how many agree depends on how large the object is, not on what it is.
float surest(const Detection& detection, const std::vector<RawBox>& raw) noexcept {
    float most = 0;
    for (const std::uint32_t voter : detection.voters)
        most = std::max(most, raw[voter].score);
    return most;
}

// Of objects of a class that lie inside one another the one with the most confidence stays: windows
// that saw only a part of an object agree on a box of their own. What is left is grouped, not
// dropped, for the strongest class is too often the wrong one.
// What was taught is told by its best box, and boxes half on it, or between two of it, are nearly
// as like it: they go earlier.
void keepBestPerPlace(std::vector<Detection>& found, double share, const LabelSet* labels) {
    constexpr double kTaughtShare = 0.45;
    constexpr double kTaughtOverlap = 0.3;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const RectPx& box = found[i].box;
        const bool covered =
            std::any_of(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept),
                        [&](const Detection& stronger) {
                            if (stronger.class_index != found[i].class_index) return false;
                            const double smaller = std::min(stronger.box.area(), box.area());
                            const double common = intersection(stronger.box, box).area();
                            if (labels == nullptr || !labels->isTaught(stronger.class_index))
                                return common > share * smaller;
                            return common > std::min(share, kTaughtShare) * smaller ||
                                   intersectionOverUnion(stronger.box, box) > kTaughtOverlap;
                        });
        if (covered) continue;
        if (kept != i) found[kept] = std::move(found[i]);
        ++kept;
    }
    found.resize(kept);
}

}  // namespace

Detections detectObjects(const Recognition& seen, const DetectionOptions& options, int threads) {
    checkLimits(options);
    Detections answer;
    answer.raw = proposals(seen, options);
    const ShownFrom shown_from(options, seen.labels.get());
    std::vector<Detection> found;
    switch (options.merge) {
        case Merge::kVote:
            found = mergeVotes(answer.raw, options, threads);
            settleBoxes(answer.raw, options, found);
            break;
        case Merge::kNms:
            found = suppress(answer.raw, options, shown_from);
            break;
        case Merge::kSoftNms:
            found = suppressSoftly(answer.raw, options, shown_from);
            break;
    }
    const RectPx frame{0, 0, static_cast<double>(seen.frame_size.width),
                       static_cast<double>(seen.frame_size.height)};
    const double gain = confidenceGain(seen);
    const auto isTaught = [&](const Detection& detection) {
        return seen.labels != nullptr && seen.labels->isTaught(detection.class_index);
    };
    for (Detection& detection : found) {
        detection.box = intersection(detection.box, frame);
        // A suppression's survivor is one window; what it votes with is its score.
        if (options.merge != Merge::kVote) {
            detection.score = detection.confidence;
        } else if (isTaught(detection)) {
            detection.score = surest(detection, answer.raw);
        } else {
            detection.score = calibrated(seen.calibration, detection.confidence, gain);
        }
    }
    std::erase_if(found, [&](const Detection& detection) {
        // A suppression's survivor is alone: it has suppressed the others, not counted them.
        const bool too_few = options.merge == Merge::kVote &&
                             detection.votes() < static_cast<std::size_t>(options.min_votes);
        return detection.box.area() <= 0 || too_few;
    });
    std::ranges::sort(found, [&](const Detection& a, const Detection& b) {
        // What a person has taught is the better name for a thing than any of the network's.
        if (isTaught(a) != isTaught(b)) return isTaught(a);
        if (isTaught(a) && a.score != b.score) return a.score > b.score;
        return better(a, b);
    });
    if (options.merge == Merge::kVote && options.same_place_share < 1)
        keepBestPerPlace(found, options.same_place_share, seen.labels.get());
    std::erase_if(found, [&](const Detection& detection) {
        const float least = shown_from(detection.class_index);
        return detection.score < (isTaught(detection) ? std::max(least, kAccepted) : least);
    });
    if (options.merge == Merge::kVote) groupObjects(found, options);
    std::ranges::stable_sort(found, std::greater(), &Detection::score);
    found.resize(std::min(found.size(), static_cast<std::size_t>(options.max_objects)));
    answer.objects = std::move(found);
    return answer;
}

}  // namespace overfeat::detect
