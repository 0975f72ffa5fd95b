// SPDX-License-Identifier: Apache-2.0
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <memory>
#include <string>

#include "app/cli/commands.h"
#include "app/cli/evaluate_support.h"
#include "app/cli/options.h"
#include "app/cli/progress.h"
#include "engine/evaluate/classification.h"

namespace overfeat::cli {
namespace {

struct EvaluateOptions {
    CommonOptions common;
    ViewOptions views;
    std::string data;
    std::string split = "val";
    std::size_t limit = 0;
};

void print(Results& results, const EvaluateOptions& options,
           const evaluate::ClassificationReport& report) {
    const auto& classes = report.classification;
    const auto& background = report.background;
    if (results.json()) {
        nlohmann::ordered_json json{{"model", options.common.model},
                                    {"split", options.split},
                                    {"views", options.views.views},
                                    {"pictures", classes.pictures()},
                                    {"median_ms", tenThousandths(report.median_ms)}};
        if (classes.pictures() > 0) {
            json["top1_error"] = tenThousandths(classes.top1Error());
            json["top5_error"] = tenThousandths(classes.top5Error());
        }
        if (const auto& boxes = report.localisation) {
            json["localization_top1_error"] = tenThousandths(boxes->top1Error());
            json["localization_top5_error"] = tenThousandths(boxes->top5Error());
            json["mean_iou"] = tenThousandths(boxes->meanOverlap());
            json["iou50_share"] = tenThousandths(boxes->goodBoxShare());
        }
        if (background.pictures() > 0) {
            json["background_pictures"] = background.pictures();
            json["background_called_object"] = tenThousandths(background.calledObjectShare());
            json["background_shown"] = tenThousandths(background.shownShare());
        }
        results.object(json);
        return;
    }
    const auto row = [&](const std::string& name, double share) {
        results.line(padRight(name, 32) + padLeft(fixed(share * 100, 2), 7) + " %");
    };
    results.line(std::to_string(classes.pictures()) + " pictures of '" + printable(options.split) +
                 "', " + options.views.views + " views");
    if (classes.pictures() > 0) {
        row("top-1 error", classes.top1Error());
        row("top-5 error", classes.top5Error());
    }
    if (const auto& boxes = report.localisation) {
        row("localisation error, top-1", boxes->top1Error());
        row("localisation error, top-5", boxes->top5Error());
        row("boxes with IoU >= 0.5", boxes->goodBoxShare());
        results.line(padRight("mean IoU of the box", 32) +
                     padLeft(fixed(boxes->meanOverlap(), 4), 7));
    }
    results.line(padRight("ms per picture", 32) + padLeft(fixed(report.median_ms, 2), 7));
    if (background.pictures() > 0) {
        results.line(std::to_string(background.pictures()) + " pictures without an object");
        row("called an object", background.calledObjectShare());
        row("object with score >= " + fixed(evaluate::BackgroundTally::kShown, 1),
            background.shownShare());
    }
}

int evaluateClassification(const EvaluateOptions& options, Context& context) {
    Console& console = context.console;
    chooseDevice(options.common.device);
    const evaluate::LabelledPictures pictures(options.data, options.split);
    const auto models = loadModels(options.common, context.models, console);
    detect::Recogniser recogniser = makeRecogniser(models, options.common);
    Progress progress(console);
    const evaluate::ClassificationOptions run{options.limit, std::ref(progress),
                                              lookFor(options.views, recogniser.info())};
    const auto report =
        evaluate::evaluateClassification(pictures, decodePicture, recogniser, run, console.stop);
    Results results(console, options.common.json);
    print(results, options, report);
    return 0;
}

}  // namespace

Command addEvaluateClassification(CLI::App& command) {
    auto options = std::make_shared<EvaluateOptions>();
    options->views.views = "center";
    options->common.addTo(command);
    options->views.addTo(command);
    command
        .add_option("--data", options->data,
                    "A folder with classes.tsv, SPLIT.tsv and SPLIT.tar.xz (or a folder SPLIT)")
        ->type_name("FOLDER")
        ->required();
    command.add_option("--split", options->split, "Which part of the data")
        ->type_name("NAME")
        ->capture_default_str();
    command.add_option("--limit", options->limit, "Stop after N pictures; 0 = all")
        ->type_name("N")
        ->capture_default_str();
    return [options](Context& context) { return evaluateClassification(*options, context); };
}

}  // namespace overfeat::cli
