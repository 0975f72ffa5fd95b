// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/classification.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/median.h"

namespace overfeat::evaluate {
namespace {

// ILSVRC pairs an answer with the box of its own class, where a model has one for each.
std::optional<RectPx> middleBox(const Recognition& seen, std::size_t class_index) {
    if (seen.scales.empty()) return std::nullopt;
    const ScoreMap& scale = seen.scales.front();
    const PointPx middle{seen.frame_size.width / 2.0, seen.frame_size.height / 2.0};
    const auto cell = scale.nearestCell(middle);
    return cell ? scale.boxAt(*cell, class_index) : std::nullopt;
}

}  // namespace

std::vector<std::size_t> matchClasses(const LabelSet& data, const LabelSet& model) {
    std::vector<std::size_t> matches;
    for (std::size_t i = 0; i < data.size(); ++i) {
        auto found = data[i].id.empty() ? std::nullopt : model.find(data[i].id);
        if (!found) found = model.find(data[i].label);
        if (!found) {
            throw Error(ErrorCode::kUsage,
                        "The model has no class for '" + data[i].label + "'" +
                            (data[i].id.empty() ? "" : " (" + data[i].id + ")") +
                            " of the data set; measure it on data with its own classes.",
                        data[i].id);
        }
        matches.push_back(*found);
    }
    return matches;
}

ClassificationReport evaluateClassification(const LabelledPictures& pictures,
                                            const PictureDecoder& decode,
                                            detect::Recogniser& recogniser,
                                            const ClassificationOptions& options,
                                            const std::stop_token& stop) {
    Look one_scale{.scale_count = 1};
    one_scale.largest_side_windows = one_scale.smallest_side_windows;
    // Localisation is the regressor's: one window, one box.
    const bool has_boxes = recogniser.info().has_boxes &&
                           recogniser.info().box_source == detect::BoxSource::kRegressor;
    ClassificationReport report;
    std::vector<std::size_t> model_class;
    const std::size_t all = options.max_pictures == 0
                                ? pictures.size()
                                : std::min(options.max_pictures, pictures.size());
    std::vector<double> times_ms;
    std::size_t done = 0;
    pictures.forEach(decode, [&](const LabelledPicture& picture) {
        const Recognition seen = recogniser.recognise(picture.image, options.look, stop);
        times_ms.push_back(seen.timings.total_ms());
        if (model_class.empty()) model_class = matchClasses(pictures.classes(), *seen.labels);
        if (const auto class_index = picture.annotation.class_index) {
            const std::size_t truth = model_class[*class_index];
            report.classification.add(seen.scores, *seen.labels, truth);
            const auto box =
                has_boxes ? middleBox(recogniser.recognise(picture.image, one_scale, stop), truth)
                          : std::nullopt;
            if (box) {
                if (!report.localisation) report.localisation.emplace();
                report.localisation->add(seen.scores, *seen.labels, truth, *box,
                                         picture.annotation.box);
            }
        } else {
            report.background.add(seen.scores, *seen.labels);
        }
        ++done;
        if (options.progress) options.progress(done, all);
        return done < all;
    });
    report.median_ms = median(std::move(times_ms));
    return report;
}

}  // namespace overfeat::evaluate
