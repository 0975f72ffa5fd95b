// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/look.h"
#include "engine/core/stage_clock.h"
#include "engine/detect/recogniser.h"
#include "engine/evaluate/annotated_set.h"
#include "engine/evaluate/detection_metrics.h"

namespace overfeat::evaluate {

// One way to make objects of what the network said; several are compared on the same run of it.
struct MergeRun {
    std::string name;
    DetectionOptions options;
};

struct MergeReport {
    std::string name;
    DetectionScores scores;
    FiveBoxTally localisation;
    double merge_ms = 0;  // median per picture
    // At the threshold of the run's options, as a person would see them.
    std::size_t shown_true = 0;
    std::size_t shown_false = 0;
    std::size_t complete_pictures = 0;  // with objects, all of which are shown
    // Of pictures without objects: the share in which something is shown; nothing if there are
    // none.
    std::optional<double> empty_pictures_answered;
};

struct DetectionReport {
    std::size_t pictures = 0;
    std::size_t objects = 0;  // that have to be found: neither difficult nor crowds
    std::size_t pictures_with_objects = 0;
    BoxRepairs repairs;
    std::shared_ptr<const LabelSet> labels;      // the model's; class indices of the scores
    std::array<double, kStageCount> stage_ms{};  // medians per picture
    // Windows that touch no object, and the share of them that give an object's class at least the
    // first run's window_threshold.
    std::size_t empty_windows = 0;
    double empty_windows_answered = 0;
    std::vector<MergeReport> merges;
};

struct DetectionRunOptions {
    std::size_t max_pictures = 0;  // 0 = all
    std::function<void(std::size_t done, std::size_t all)> progress = {};
    // Every detection of every run, with what became of it.
    std::function<void(const AnnotatedPicture& picture, const std::string& merge,
                       const Detection& object, const JudgedDetection& judged)>
        onDetection = {};
    Look look = {};                       // how the network looks; what it finds is each run's own
    int threads = 0;                      // for merging; 0 = as many as the machine has cores
    std::set<std::string> left_out = {};  // pictures that are not looked at: those that taught
};

// Runs the network once per picture and every merge on what it said. Precision is measured over all
// scores: the runs' score thresholds only decide what counts as shown. Throws Error(kUsage) for a
// model without boxes or one that lacks a class of the data set, Error(kCancelled) after a stop.
DetectionReport evaluateDetection(const AnnotatedSet& set, const PictureDecoder& decode,
                                  detect::Recogniser& recogniser,
                                  const std::vector<MergeRun>& merges,
                                  const DetectionRunOptions& options,
                                  const std::stop_token& stop = {});

}  // namespace overfeat::evaluate
