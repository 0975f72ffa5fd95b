// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/core/label_set.h"
#include "engine/core/look.h"
#include "engine/detect/recogniser.h"
#include "engine/evaluate/labelled_pictures.h"
#include "engine/evaluate/metrics.h"

namespace overfeat::evaluate {

struct ClassificationReport {
    // Of the pictures that show an object.
    ClassificationTally classification;
    // Of those that show none.
    BackgroundTally background;
    // Of the window in the middle of each picture at its smallest scale; nothing for models without
    // a box output.
    std::optional<LocalisationTally> localisation;
    // Median time from a picture to its classes, without decoding and without the box.
    double median_ms = 0;
};

struct ClassificationOptions {
    std::size_t max_pictures = 0;  // 0 = all
    // Called after every picture with how many are done and how many there will be.
    std::function<void(std::size_t done, std::size_t all)> progress;
    Look look = {};
};

// The model's class for each class of the data set, matched by WordNet id and else by label. Throws
// Error(kUsage) if the model lacks one: its error would mean nothing.
std::vector<std::size_t> matchClasses(const LabelSet& data, const LabelSet& model);

// Runs a network over a split. Where it has boxes it looks once more, densely at one scale, whose
// middle window gives the box (single views have none). Throws Error(kCancelled) after a stop
// request.
ClassificationReport evaluateClassification(const LabelledPictures& pictures,
                                            const PictureDecoder& decode,
                                            detect::Recogniser& recogniser,
                                            const ClassificationOptions& options,
                                            const std::stop_token& stop = {});

}  // namespace overfeat::evaluate
