// SPDX-License-Identifier: Apache-2.0
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/evaluate_support.h"
#include "app/cli/kept_files.h"
#include "app/cli/options.h"
#include "app/cli/output_file.h"
#include "app/cli/progress.h"
#include "app/store/load_models.h"
#include "engine/core/error.h"
#include "engine/evaluate/detection.h"
#include "engine/evaluate/precision_recall_plot.h"

namespace overfeat::cli {
namespace {

using Json = nlohmann::ordered_json;
using evaluate::MergeReport;

const std::map<std::string, evaluate::DataFormat> kFormats{
    {"auto", evaluate::DataFormat::kDetect},
    {"tiny-imagenet", evaluate::DataFormat::kTinyImageNet},
    {"coco", evaluate::DataFormat::kCoco},
    {"voc", evaluate::DataFormat::kVoc},
    {"yolo", evaluate::DataFormat::kYolo}};
const std::map<std::string, Merge> kMerges{
    {"vote", Merge::kVote}, {"nms", Merge::kNms}, {"soft-nms", Merge::kSoftNms}};

struct BoxesOptions {
    CommonOptions common;
    ViewOptions views;
    std::string data;
    std::string split = "val";
    std::string format = "auto";
    std::vector<std::string> merges{"vote"};
    std::size_t limit = 0;
    DetectionOptions detection;
    bool per_class = false;
    std::string plot;
    std::string dump;
    bool localisation = false;
};

std::vector<evaluate::MergeRun> mergeRuns(const BoxesOptions& options) {
    std::vector<evaluate::MergeRun> runs;
    for (const std::string& name : options.merges) {
        runs.push_back({name, options.detection});
        runs.back().options.merge = kMerges.at(name);
        checkLimits(runs.back().options);
    }
    return runs;
}

Json mergeJson(const MergeReport& merge, const BoxesOptions& options, const LabelSet& labels) {
    const auto& scores = merge.scores;
    Json json{{"merge", merge.name},
              {"localization_top1_error", tenThousandths(merge.localisation.top1Error())},
              {"localization_top5_error", tenThousandths(merge.localisation.top5Error())},
              {"ap50", tenThousandths(scores.ap50)},
              {"ap50_95", tenThousandths(scores.ap50_95)},
              {"voc_ap_11_point", tenThousandths(scores.voc11)},
              {"voc_ap_all_points", tenThousandths(scores.voc_all)},
              {"auroc", scores.auroc ? Json(tenThousandths(*scores.auroc)) : Json()},
              {"true_detections", scores.true_detections},
              {"false_detections", scores.false_detections},
              {"mean_true_confidence", tenThousandths(scores.mean_true_confidence)},
              {"mean_false_confidence", tenThousandths(scores.mean_false_confidence)},
              {"shown_true", merge.shown_true},
              {"shown_false", merge.shown_false},
              {"merge_ms", tenThousandths(merge.merge_ms)}};
    if (merge.empty_pictures_answered)
        json["empty_pictures_answered"] = tenThousandths(*merge.empty_pictures_answered);
    if (options.per_class) {
        json["classes"] = Json::array();
        for (const auto& row : scores.classes) {
            json["classes"].push_back({{"id", labels[row.class_index].id},
                                       {"label", labels[row.class_index].label},
                                       {"objects", row.objects},
                                       {"ap50", tenThousandths(row.ap50)},
                                       {"ap50_95", tenThousandths(row.ap50_95)}});
        }
    }
    return json;
}

Json stagesJson(const evaluate::DetectionReport& report) {
    Json json;
    for (int s = 0; s < kStageCount; ++s) {
        const auto stage = static_cast<Stage>(s);
        if (stage != Stage::kVoting)  // each merge has its own
            json[std::string(name(stage))] =
                tenThousandths(report.stage_ms[static_cast<std::size_t>(s)]);
    }
    return json;
}

void printTable(Results& results, const BoxesOptions& options,
                const evaluate::DetectionReport& report, const LabelSet& labels) {
    const auto percent = [](double share) { return padLeft(fixed(share * 100, 2), 9); };
    results.line(std::to_string(report.pictures) + " pictures of '" + printable(options.split) +
                 "' with " + std::to_string(report.objects) + " objects, " + options.views.stride +
                 " stride, " + std::to_string(options.views.scales) + " scales");
    const char* const heading = options.localisation
                                    ? "merge      top-1 %  top-5 %   merge ms   (error)"
                                    : "merge        AP50 % AP50:95 %  VOC-11 % VOC-all %   AUROC %"
                                      "  conf.true conf.false  merge ms";
    results.line(heading);
    for (const MergeReport& merge : report.merges) {
        const auto& scores = merge.scores;
        std::string line = padRight(merge.name, 10);
        if (options.localisation) {
            line +=
                percent(merge.localisation.top1Error()) + percent(merge.localisation.top5Error());
        } else {
            line += percent(scores.ap50) + " " + percent(scores.ap50_95) + " " +
                    percent(scores.voc11) + " " + percent(scores.voc_all) + " " +
                    (scores.auroc ? percent(*scores.auroc) : padLeft("-", 9)) +
                    padLeft(fixed(scores.mean_true_confidence, 2), 11) +
                    padLeft(fixed(scores.mean_false_confidence, 2), 11);
        }
        results.line(line + padLeft(fixed(merge.merge_ms, 2), 10));
    }
    if (options.per_class) {
        for (const MergeReport& merge : report.merges) {
            for (const auto& row : merge.scores.classes) {
                results.line(padRight(merge.name, 10) + percent(row.ap50) + " " +
                             percent(row.ap50_95) + padLeft(std::to_string(row.objects), 7) + "  " +
                             printable(labels[row.class_index].label));
            }
        }
    }
    std::string line = "ms per picture:";
    const Json stages = stagesJson(report);  // must outlive the loop over its items
    for (const auto& [stage, ms] : stages.items())
        line += " " + stage + " " + fixed(ms.get<double>(), 2);
    results.line(line);
    results.line("object-free windows answered with an object: " +
                 fixed(report.empty_windows_answered * 100, 2) + " % of " +
                 std::to_string(report.empty_windows));
}

void printReport(Console& console, const BoxesOptions& options,
                 const evaluate::DetectionReport& report, evaluate::DataFormat format) {
    Results results(console, options.common.json);
    const LabelSet& labels = *report.labels;
    if (!results.json()) {
        printTable(results, options, report, labels);
        return;
    }
    Json json{{"model", options.common.model},
              {"split", options.split},
              {"format", evaluate::name(format)},
              {"stride", options.views.stride},
              {"scales", options.views.scales},
              {"pictures", report.pictures},
              {"objects", report.objects},
              {"median_ms", stagesJson(report)},
              {"empty_windows", report.empty_windows},
              {"empty_windows_answered", tenThousandths(report.empty_windows_answered)},
              {"merges", Json::array()}};
    for (const MergeReport& merge : report.merges)
        json["merges"].push_back(mergeJson(merge, options, labels));
    results.object(json);
}

// The files of the data set and of the models are not for the outputs.
KeptFiles keptFiles(const BoxesOptions& options, const evaluate::AnnotatedSet& set,
                    const Context& context) {
    std::vector<PlannedOutput> outputs;
    for (const std::string& output : {options.plot, options.dump}) {
        if (!output.empty()) outputs.push_back({output, false});
    }
    if (outputs.empty()) return {};
    std::vector<std::filesystem::path> read = set.files();
    const auto models = store::modelFiles(options.common.model, context.models);
    read.insert(read.end(), models.begin(), models.end());
    return checkOutputs(outputs, {}, read, context.console);
}

int evaluateBoxes(const BoxesOptions& options, Context& context) {
    Console& console = context.console;
    const auto merges = mergeRuns(options);
    chooseDevice(options.common.device);
    const evaluate::AnnotatedSet set(options.data, options.split, kFormats.at(options.format));
    const KeptFiles kept = keptFiles(options, set, context);
    detect::Recogniser recogniser =
        makeRecogniser(loadModels(options.common, context.models, console), options.common);
    Progress progress(console);
    evaluate::DetectionRunOptions run{options.limit, std::ref(progress)};
    run.look = lookFor(options.views, recogniser.info());
    run.threads = options.common.threads;
    // Files appear when everything has been measured: an interrupted run leaves none.
    std::string dump;
    if (!options.dump.empty()) {
        run.onDetection = [&](const evaluate::AnnotatedPicture& picture, const std::string& merge,
                              const Detection& object, const evaluate::JudgedDetection& judged) {
            const Json line{
                {"file", picture.file},
                {"merge", merge},
                {"class", object.class_index},
                {"score", shortest(object.score)},
                {"confidence", shortest(object.confidence)},
                {"votes", object.votes()},
                {"box", {object.box.x, object.box.y, object.box.width, object.box.height}},
                {"true", judged.isTrue()},
                {"ignored", !judged.counts()}};
            dump += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
        };
    }
    const auto report =
        evaluate::evaluateDetection(set, decodePicture, recogniser, merges, run, console.stop);
    checkStop(console);
    if (!report.repairs.sentence().empty()) note(console, report.repairs.sentence());
    printReport(console, options, report, set.format());
    // What was measured has been said by now, whatever becomes of the files.
    if (!options.plot.empty())
        writeFile(options.plot, evaluate::precisionRecallPlot(report.merges), kept);
    if (!options.dump.empty()) writeFile(options.dump, dump, kept);
    return 0;
}
Command addBoxes(CLI::App& command, bool localisation) {
    auto options = std::make_shared<BoxesOptions>();
    options->localisation = localisation;
    // The set has one object per picture, which fills most of it.
    if (localisation) options->views.largest = 2;
    options->common.addTo(command);
    options->views.addDenseTo(command);
    const auto add = [&](const char* flag, auto& value, const char* text, const char* type) {
        return command.add_option(flag, value, text)->type_name(type)->capture_default_str();
    };
    add("--data", options->data, "A data set: Tiny-ImageNet, COCO, VOC or YOLO", "FOLDER")
        ->required();
    add("--split", options->split, "Which part of the data", "NAME");
    add("--format", options->format, "Form of the data set, if it cannot be told", "NAME")
        ->check(CLI::IsMember(kFormats));
    add("--merge", options->merges, "vote, nms, soft-nms; several are compared on one run",
        "NAME[,...]")
        ->delimiter(',')
        ->check(CLI::IsMember(kMerges));
    add("--window-threshold", options->detection.window_threshold,
        "What a window must give a class to propose a box", "X");
    add("--box-sharpness", options->detection.box_sharpness,
        "Voting: power of the scores with which voters place the box; 0 = the merged box", "X");
    add("--match-threshold", options->detection.match_threshold,
        "Voting: match score below which boxes merge", "X");
    add("--same-place", options->detection.same_place_share,
        "Voting: share of a box inside a stronger one of its class from which it goes; 1 = none",
        "X");
    add("--limit", options->limit, "Stop after N pictures; 0 = all", "N");
    command.add_flag("--per-class", options->per_class, "List every class");
    add("--pr-plot", options->plot, "Write precision over recall as SVG", "FILE");
    add("--dump", options->dump, "Write every detection, one JSON object per line", "FILE");
    return [options](Context& context) { return evaluateBoxes(*options, context); };
}

}  // namespace

Command addEvaluateLocalisation(CLI::App& command) {
    return addBoxes(command, true);
}

Command addEvaluateDetection(CLI::App& command) {
    return addBoxes(command, false);
}

}  // namespace overfeat::cli
