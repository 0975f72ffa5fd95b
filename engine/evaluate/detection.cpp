// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/detection.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/median.h"
#include "engine/core/shown_from.h"
#include "engine/detect/detector.h"
#include "engine/detect/group_objects.h"
#include "engine/evaluate/classification.h"

namespace overfeat::evaluate {
namespace {

// What one merge has found so far.
struct Running {
    DetectionTally tally;
    DetectionOptions all_scores;
    MergeReport report = {};
    std::vector<double> times_ms = {};
    std::size_t empty_pictures = 0;
    std::size_t empty_answered = 0;
};

// What a person would see of it, in its order.
std::vector<Detection> shownObjects(std::vector<Detection> found, const DetectionOptions& options,
                                    const LabelSet* labels) {
    const ShownFrom shown_from(options, labels);
    std::erase_if(found,
                  [&](const Detection& each) { return each.score < shown_from(each.class_index); });
    if (options.merge == Merge::kVote) detect::groupObjects(found, options);
    found.resize(std::min(found.size(), static_cast<std::size_t>(options.max_objects)));
    return found;
}

bool isSameAnswer(const Detection& a, const Detection& b) {
    return a.class_index == b.class_index && a.box == b.box;
}

struct WindowCount {
    std::size_t empty = 0;
    std::size_t answered = 0;

    void add(const Recognition& seen, const std::vector<TruthBox>& truth, float threshold) {
        for (const ScoreMap& scale : seen.scales) {
            for (int row = 0; row < scale.rows(); ++row) {
                for (int column = 0; column < scale.columns(); ++column) {
                    const CellIndex cell{row, column};
                    const RectPx window = scale.windowAt(cell);
                    if (std::ranges::any_of(truth, [&](const TruthBox& one) {
                            return intersection(one.box, window).area() > 0;
                        })) {
                        continue;
                    }
                    ++empty;
                    const auto best = topClasses(scale, cell, *seen.labels, 1);
                    if (!best.empty() && best.front().score >= threshold) ++answered;
                }
            }
        }
    }
};

}  // namespace

DetectionReport evaluateDetection(const AnnotatedSet& set, const PictureDecoder& decode,
                                  detect::Recogniser& recogniser,
                                  const std::vector<MergeRun>& merges,
                                  const DetectionRunOptions& options, const std::stop_token& stop) {
    if (recogniser.info().dense.fidelity == net::DenseFidelity::kClassificationOnly) {
        throw Error(ErrorCode::kModel,
                    "The model cannot slide over a picture, so it finds no objects; choose another "
                    "one, or measure its classification.");
    }
    std::vector<std::size_t> model_class;
    std::vector<Running> running;
    DetectionReport report;
    WindowCount windows;
    std::array<std::vector<double>, kStageCount> stages;
    const std::size_t there = set.size() - std::min(set.size(), options.left_out.size());
    const std::size_t all =
        options.max_pictures == 0 ? there : std::min(options.max_pictures, there);
    report.repairs = set.forEach(decode, [&](const AnnotatedPicture& picture) {
        if (options.left_out.contains(picture.file)) return true;
        const Recognition seen = recogniser.recognise(picture.image, options.look, stop);
        if (running.empty()) {
            report.labels = seen.labels;
            model_class = matchClasses(set.classes(), *seen.labels);
            for (const MergeRun& merge : merges) {
                Running one{DetectionTally(seen.labels->size()), merge.options};
                one.report.name = merge.name;
                one.all_scores.score_threshold = 0;
                one.all_scores.class_thresholds.clear();
                // COCO cuts at a hundred of a class, and the tally does; not at a hundred in all.
                one.all_scores.max_objects = std::numeric_limits<int>::max();
                // Every answer counts, the alternatives of an object as well.
                one.all_scores.duplicate_share = one.all_scores.alternative_overlap = 1;
                running.push_back(std::move(one));
            }
        }
        std::vector<TruthBox> truth = picture.objects;
        for (TruthBox& one : truth)
            one.class_index = model_class[one.class_index];
        for (std::size_t s = 0; s < stages.size(); ++s)
            stages[s].push_back(seen.timings[static_cast<Stage>(s)]);
        if (!merges.empty()) {
            windows.add(seen, truth, static_cast<float>(merges.front().options.window_threshold));
        }
        const auto wanted = static_cast<std::size_t>(std::ranges::count_if(
            truth, [](const TruthBox& one) { return !one.crowd && !one.difficult; }));
        for (std::size_t m = 0; m < running.size(); ++m) {
            Running& one = running[m];
            const std::size_t shown_before = one.report.shown_true;
            const auto start = std::chrono::steady_clock::now();
            const Detections found = detect::detectObjects(seen, one.all_scores, options.threads);
            one.times_ms.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                    .count());
            const auto judged = one.tally.add(truth, found.objects);
            one.report.localisation.add(truth, found.objects);
            const auto shown = shownObjects(found.objects, merges[m].options, seen.labels.get());
            std::size_t next_shown = 0;
            for (std::size_t i = 0; i < judged.size(); ++i) {
                const Detection& object = found.objects[i];
                const bool is_shown =
                    next_shown < shown.size() && isSameAnswer(shown[next_shown], object);
                if (is_shown) ++next_shown;
                if (!judged[i]) continue;
                if (options.onDetection)
                    options.onDetection(picture, one.report.name, object, *judged[i]);
                if (is_shown && judged[i]->counts())
                    ++(judged[i]->isTrue() ? one.report.shown_true : one.report.shown_false);
            }
            if (wanted > 0 && one.report.shown_true - shown_before == wanted)
                ++one.report.complete_pictures;
            if (truth.empty()) {
                ++one.empty_pictures;
                if (!shown.empty()) ++one.empty_answered;
            }
        }
        report.objects += wanted;
        if (wanted > 0) ++report.pictures_with_objects;
        ++report.pictures;
        if (options.progress) options.progress(report.pictures, all);
        return report.pictures < all;
    });
    for (std::size_t s = 0; s < stages.size(); ++s)
        report.stage_ms[s] = median(std::move(stages[s]));
    report.empty_windows = windows.empty;
    if (windows.empty > 0) {
        report.empty_windows_answered =
            static_cast<double>(windows.answered) / static_cast<double>(windows.empty);
    }
    for (Running& one : running) {
        one.report.scores = one.tally.scores();
        one.report.merge_ms = median(std::move(one.times_ms));
        if (one.empty_pictures > 0) {
            one.report.empty_pictures_answered =
                static_cast<double>(one.empty_answered) / static_cast<double>(one.empty_pictures);
        }
        report.merges.push_back(std::move(one.report));
    }
    return report;
}

}  // namespace overfeat::evaluate
