// SPDX-License-Identifier: Apache-2.0
//
// overfeat evaluate few-shot: how well things are learnt from one picture, or a few.
#include "app/cli/few_shot.h"

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/evaluate_support.h"
#include "app/cli/inputs.h"
#include "app/cli/options.h"
#include "app/cli/progress.h"
#include "app/teach/teacher.h"
#include "engine/core/error.h"
#include "engine/evaluate/detection.h"
#include "engine/evaluate/few_shot.h"
#include "engine/evaluate/live_like.h"
#include "engine/evaluate/reliability.h"

namespace overfeat::cli {
namespace {

using Json = nlohmann::ordered_json;
using Options = FewShotOptions;

// What is shown where there is nothing of what was taught.
struct FalseAccepts {
    std::size_t frames = 0;
    std::size_t objects = 0;
    // Of videos, as long as they are.
    double hours = 0;
    std::size_t video_objects = 0;

    // As if every frame had been looked at.
    double perHour(std::int64_t every) const {
        return static_cast<double>(video_objects) * static_cast<double>(every) / hours;
    }
};

// How far scores are from how often they are right, and what they should be.
void printReliability(Results& results, const std::vector<evaluate::Accepted>& shown,
                      double threshold) {
    const auto now = evaluate::reliabilityOf(shown, threshold, kScoreSteepness);
    const double best = evaluate::likeliestSteepness(shown, threshold);
    if (now.count == 0) return;
    const auto then = evaluate::reliabilityOf(shown, threshold, best);
    results.line(
        "scores: " + std::to_string(now.count) + " boxes, " + fixed(now.right * 100, 1) +
        " % right; calibration error " + fixed(now.error, 3) + " (with the steepness " +
        fixed(best, 4) + ", which is likeliest here: " + fixed(then.error, 3) +
        "; fitted to the other half: " + fixed(evaluate::heldOutError(shown, threshold), 3) + ")");
}

Json reliabilityJson(const std::vector<evaluate::Accepted>& shown, double threshold) {
    const auto now = evaluate::reliabilityOf(shown, threshold, kScoreSteepness);
    return {{"boxes", now.count},
            {"right", rounded(now.right)},
            {"calibration_error", rounded(now.error)},
            {"likeliest_steepness", rounded(evaluate::likeliestSteepness(shown, threshold))},
            {"held_out_error", rounded(evaluate::heldOutError(shown, threshold))}};
}

FalseAccepts falseAccepts(const Options& options, detect::Recogniser& recogniser, Look look,
                          Console& console) {
    FalseAccepts seen;
    if (options.without.empty()) return seen;
    look.detection = DetectionOptions{};
    std::string file;
    double until_s = 0;  // of the video that is being read
    double apart_s = 0;
    const auto end = [&] {
        seen.hours += (until_s + apart_s) / 3600;
        until_s = apart_s = 0;
    };
    forEachFrame(options.without, {.every = options.every}, console, [&](const InputFrame& input) {
        if (input.file != file) end();
        file = input.file;
        const std::size_t objects =
            recogniser.recognise(input.image, look, console.stop).detections.objects.size();
        seen.objects += objects;
        ++seen.frames;
        if (!input.time_s) return;
        seen.video_objects += objects;
        apart_s = *input.time_s - until_s;
        until_s = *input.time_s;
    });
    end();
    return seen;
}

double per(std::size_t count, std::size_t of) {
    return of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of);
}

int measureBoxes(const Options& options, Context& context) {
    Console& console = context.console;
    const evaluate::AnnotatedSet set(options.data, options.split);
    detect::Recogniser recogniser =
        makeRecogniser(loadModels(options.common, context.models, console), options.common);
    teach::requireTeachable(recogniser);
    Look look = lookFor(options.views, recogniser.info());
    const evaluate::TaughtFromSet taught =
        evaluate::teachFromSet(set, decodePicture, recogniser, options.teach, console.stop);
    look.taught = taught.taught;
    look.network_classes = false;

    Progress progress(console);
    evaluate::DetectionRunOptions run{options.limit, std::ref(progress)};
    run.look = look;
    run.threads = options.common.threads;
    run.left_out = taught.files;
    std::vector<evaluate::Accepted> shown;
    run.onDetection = [&](const evaluate::AnnotatedPicture&, const std::string&,
                          const Detection& object, const evaluate::JudgedDetection& judged) {
        if (!judged.counts()) return;
        shown.push_back(
            {similarityOfScore(object.score, options.teach.threshold), judged.isTrue()});
    };
    const auto report = evaluate::evaluateDetection(
        set, decodePicture, recogniser, {{"vote", DetectionOptions{}}}, run, console.stop);
    checkStop(console);
    if (report.merges.empty()) {
        throw Error(ErrorCode::kInput,
                    "There is no picture left beside those that taught; choose a larger set.");
    }
    if (!report.repairs.sentence().empty()) note(console, report.repairs.sentence());
    const FalseAccepts empty = falseAccepts(options, recogniser, look, console);

    const evaluate::MergeReport& found = report.merges.front();
    const double recall = per(found.shown_true, report.objects);
    const double false_per_picture = per(found.shown_false, report.pictures);
    const double complete = per(found.complete_pictures, report.pictures_with_objects);
    Results results(console, options.common.json);
    if (results.json()) {
        Json json{{"model", options.common.model},
                  {"data", options.data},
                  {"classes", taught.taught->classes.size()},
                  {"pictures", report.pictures},
                  {"objects", report.objects},
                  {"examples", options.teach.count},
                  {"turns", options.teach.turns},
                  {"threshold", options.teach.threshold},
                  {"ap50", rounded(found.scores.ap50)},
                  {"recall", rounded(recall)},
                  {"false_per_picture", rounded(false_per_picture)},
                  {"all_found", rounded(complete)},
                  {"per_class", Json::array()}};
        for (const auto& row : found.scores.classes) {
            json["per_class"].push_back({{"label", (*report.labels)[row.class_index].label},
                                         {"objects", row.objects},
                                         {"ap50", rounded(row.ap50)}});
        }
        json["scores"] = reliabilityJson(shown, options.teach.threshold);
        if (empty.hours > 0) {
            json["empty_hours"] = empty.hours;
            json["false_per_hour"] = rounded(empty.perHour(options.every));
        }
        if (empty.frames > 0) {
            json["empty_frames"] = empty.frames;
            json["empty_objects"] = empty.objects;
            json["false_per_frame"] = rounded(per(empty.objects, empty.frames));
        }
        results.object(json);
        return 0;
    }
    const std::string of_each = options.teach.count == 1
                                    ? "one box each"
                                    : std::to_string(options.teach.count) + " boxes each";
    results.line(std::to_string(taught.taught->classes.size()) + " classes taught by " + of_each +
                 ", " + std::to_string(report.pictures) + " other pictures with " +
                 std::to_string(report.objects) + " objects, threshold " +
                 fixed(options.teach.threshold, 2));
    results.line("AP50 " + fixed(found.scores.ap50 * 100, 1) + " %, shown " +
                 fixed(recall * 100, 1) + " % of the objects and " + fixed(false_per_picture, 3) +
                 " false ones per picture");
    results.line("all objects of a picture found: " + fixed(complete * 100, 1) + " % of " +
                 std::to_string(report.pictures_with_objects) + " pictures");
    for (const auto& row : found.scores.classes) {
        results.line("  " + padRight(printable((*report.labels)[row.class_index].label), 24) +
                     padLeft(fixed(row.ap50 * 100, 1), 7) + " % of " + std::to_string(row.objects));
    }
    printReliability(results, shown, options.teach.threshold);
    if (empty.frames > 0) {
        results.line("Where nothing was taught of: " + std::to_string(empty.objects) +
                     " objects shown on " + std::to_string(empty.frames) + " frames, " +
                     fixed(per(empty.objects, empty.frames), 4) + " per frame");
    }
    if (empty.hours > 0) {
        results.line("  that is " + fixed(empty.perHour(options.every), 1) +
                     " per hour, as far as " + fixed(empty.hours, 4) + " hours of video can say");
    }
    return 0;
}

int measureLiveLike(const Options& options, Context& context) {
    Console& console = context.console;
    if (options.unknown.empty()) {
        throw Error(ErrorCode::kUsage,
                    "--live-like puts things before other pictures: name those with --unknown.");
    }
    detect::Recogniser recogniser =
        makeRecogniser(loadModels(options.common, context.models, console), options.common);
    teach::requireTeachable(recogniser);
    Progress progress(console);
    const std::vector<std::filesystem::path> behind(options.unknown.begin(), options.unknown.end());
    const auto report =
        evaluate::evaluateLiveLike(options.data, behind, decodePicture, recogniser,
                                   {.scenes = options.live_like,
                                    .threshold = options.teach.threshold,
                                    .look = lookFor(options.views, recogniser.info()),
                                    .progress = std::ref(progress)},
                                   console.stop);
    const double found = per(report.found, report.scenes);
    Results results(console, options.common.json);
    if (results.json()) {
        results.object(
            {{"model", options.common.model},
             {"data", options.data},
             {"classes", report.classes},
             {"scenes", report.scenes},
             {"threshold", options.teach.threshold},
             {"found", rounded(found)},
             {"false_per_scene", rounded(per(report.false_shown, report.scenes))},
             {"backgrounds", report.backgrounds},
             {"false_per_background", rounded(per(report.background_shown, report.backgrounds))},
             {"scores", reliabilityJson(report.shown, options.teach.threshold)}});
        return 0;
    }
    results.line(std::to_string(report.classes) + " things in " + std::to_string(report.scenes) +
                 " scenes, threshold " + fixed(options.teach.threshold, 2) + ": found " +
                 fixed(found * 100, 1) + " %, " + fixed(per(report.false_shown, report.scenes), 3) +
                 " false ones per scene");
    results.line("in " + std::to_string(report.backgrounds) +
                 " pictures without them: " + std::to_string(report.background_shown) + " shown");
    printReliability(results, report.shown, options.teach.threshold);
    return 0;
}

}  // namespace

Command addEvaluateFewShot(CLI::App& command) {
    auto options = std::make_shared<Options>();
    options->common.addTo(command);
    options->views.addDenseTo(command);
    const auto add = [&](const char* flag, auto& value, const char* text, const char* type) {
        return command.add_option(flag, value, text)->type_name(type)->capture_default_str();
    };
    const auto some = CLI::Range(1, 1'000'000);
    add("--data", options->data,
        "A folder, or a tar archive, with a folder of pictures for each class; with --split a data "
        "set with boxes (COCO, VOC or YOLO)",
        "FOLDER|TAR")
        ->required();
    add("--unknown", options->unknown, "Classes: pictures of other things; repeatable",
        "FOLDER|TAR")
        ->allow_extra_args(false);
    add("--only", options->only, "Classes: a file with the names of those to take, one a line",
        "FILE");
    add("--ways", options->episodes.ways, "Classes: so many to be told apart in an episode", "N")
        ->check(CLI::Range(2, 100'000));
    add("--shots", options->shots, "Classes: so many pictures teach each in an episode", "N[,...]")
        ->delimiter(',')
        ->check(some);
    add("--queries", options->episodes.queries,
        "Classes: at most so many other pictures of each are asked about", "N")
        ->check(some);
    add("--episodes", options->episodes.episodes, "Classes: number of episodes", "N")->check(some);
    add("--draws", options->draws, "Classes: how often one picture of each is drawn to teach", "N")
        ->check(some);
    add("--split", options->split, "Boxes: which part of the data", "NAME");
    add("--example", options->teach.first, "Boxes: which object of each class teaches, from 0",
        "N");
    add("--examples", options->teach.count,
        "Boxes: so many objects of each class teach, from there", "N")
        ->check(some);
    add("--turns", options->teach.turns,
        "Boxes: so many times each teaches, turned by equal steps of a full circle", "N")
        ->check(CLI::Range(1, 360));
    add("--threshold", options->teach.threshold, "Boxes: similarity from which something is shown",
        "X")
        ->check(CLI::Range(0.0, 1.0));
    add("--limit", options->limit, "Boxes: stop after N pictures; 0 = all", "N");
    add("--without", options->without,
        "Boxes: pictures, videos and folders in which nothing of what is taught is; repeatable",
        "FILE|FOLDER")
        ->allow_extra_args(false);
    add("--every", options->every, "Boxes: of those videos take each N-th frame", "N")->check(some);
    add("--live-like", options->live_like,
        "Classes: put a picture of each into N pictures of --unknown, at half to twice the size, "
        "turned by up to 30 degrees, lighter or darker, blurred; 0 = do not",
        "N")
        ->check(CLI::Range(0, 10'000));
    for (const char* other : {"--split", "--only", "--ways", "--shots", "--queries", "--episodes",
                              "--draws", "--example", "--limit", "--without", "--every"}) {
        command.get_option("--live-like")->excludes(other);
    }
    return [options](Context& context) {
        chooseDevice(options->common.device);
        if (options->live_like > 0) return measureLiveLike(*options, context);
        return options->split.empty() ? measureClasses(*options, context)
                                      : measureBoxes(*options, context);
    };
}

}  // namespace overfeat::cli
