// SPDX-License-Identifier: Apache-2.0
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/detection_files.h"
#include "app/cli/heat_map_files.h"
#include "app/cli/inputs.h"
#include "app/cli/kept_files.h"
#include "app/cli/library_options.h"
#include "app/cli/options.h"
#include "app/cli/output_file.h"
#include "app/cli/overlay.h"
#include "app/report/recognition_json.h"
#include "engine/core/error.h"
#include "engine/detect/tracker.h"

namespace overfeat::cli {
namespace {

struct DetectOptions {
    CommonOptions common;
    ViewOptions views;
    InputOptions inputs;
    DetectionOptions detection;
    std::string merge = "vote";
    std::string overlay;
    std::string format;
    std::string out;
    HeatMapFiles heat_maps;
    std::vector<std::string> class_thresholds;
    TaughtOptions taught;
    bool steady = false;
    bool raw = false;
};

Merge mergeNamed(const std::string& name) {
    if (name == "nms") return Merge::kNms;
    if (name == "soft-nms") return Merge::kSoftNms;
    return Merge::kVote;
}

void print(Results& results, const InputFrame& input, const Recognition& seen, bool with_raw) {
    const LabelSet& labels = *seen.labels;
    if (results.json()) {
        report::Json json = report::frameJson(input.file, input.frame, input.time_s);
        report::addDetections(json, seen);
        json["timings_ms"] = report::timingsJson(seen.timings);
        if (with_raw) json["raw"] = report::rawBoxesJson(seen);
        results.object(json);
        return;
    }
    std::string text = printable(input.file);
    if (input.frame > 0) text += " frame " + std::to_string(input.frame);
    if (seen.detections.objects.empty()) text += "\n  nothing found";
    for (const Detection& found : seen.detections.objects) {
        text += "\n  " + fixed(static_cast<double>(found.score), 3) + "  " +
                padRight(labels[found.class_index].label, 24) + "  " +
                (found.remembered() ? "a moment ago" : std::to_string(found.votes()) + " votes") +
                ", confidence " + fixed(static_cast<double>(found.confidence), 2) + ", at " +
                fixed(found.box.x, 0) + "," + fixed(found.box.y, 0) + " " +
                fixed(found.box.width, 0) + "x" + fixed(found.box.height, 0);
        if (found.track) text += ", track " + std::to_string(*found.track);
        for (const Detection& other : found.alternatives) {
            if (other.class_index == found.class_index) continue;
            text += ", or " + labels[other.class_index].label + " " +
                    fixed(static_cast<double>(other.score), 3);
        }
    }
    results.line(text);
}

// Nothing if results only go to standard output.
std::optional<DetectionFormat> formatNamed(const std::string& name) {
    if (name == "coco") return DetectionFormat::kCoco;
    if (name == "voc") return DetectionFormat::kVoc;
    if (name == "yolo") return DetectionFormat::kYolo;
    if (name == "csv") return DetectionFormat::kCsv;
    return std::nullopt;
}

// LABEL=X, each.
std::map<ClassId, double> classThresholds(const std::vector<std::string>& wishes,
                                          const LabelSet& labels) {
    std::map<ClassId, double> thresholds;
    for (const std::string& wish : wishes) {
        const auto equals = wish.rfind('=');
        const char* const end = wish.data() + wish.size();
        double value = -1;
        if (equals != std::string::npos && equals > 0) {
            const auto parsed = std::from_chars(wish.data() + equals + 1, end, value);
            if (parsed.ec != std::errc{} || parsed.ptr != end) value = -1;
        }
        if (!DetectionOptions::kScoreThreshold.holds(value)) {
            throw Error(ErrorCode::kUsage,
                        "--class-threshold wants LABEL=X with X from 0 to 1, not '" + wish + "'.");
        }
        thresholds[labels.idOf(classNamed(labels, wish.substr(0, equals)))] = value;
    }
    return thresholds;
}

std::vector<PlannedOutput> plannedOutputs(const DetectOptions& options, bool single) {
    std::vector<PlannedOutput> outputs = options.heat_maps.planned(single);
    if (!options.overlay.empty()) {
        outputs.push_back({options.overlay, !single && !isVideoOverlay(options.overlay)});
    }
    if (const auto format = formatNamed(options.format))
        outputs.push_back({options.out, false, extensionPerPicture(*format)});
    return outputs;
}

// Follows objects from frame to frame of each video. Pictures stay as they are: there is nothing
// before or after them, and the tracker shows no object that it has seen only once.
class Steadying {
public:
    explicit Steadying(int max_objects) : max_objects_(static_cast<std::size_t>(max_objects)) {}

    void apply(const InputFrame& input, Detections& found) {
        if (input.still) return;
        if (std::exchange(file_, input.file) != input.file) tracker_.reset();
        const std::chrono::duration<double> in_file(input.time_s.value_or(0));
        const auto time = detect::Tracker::Time{} + std::chrono::hours(1) +
                          std::chrono::duration_cast<detect::Tracker::Time::duration>(in_file);
        found = tracker_.follow(std::move(found), time);
        keepToLimit(found.objects);
    }

private:
    // Remembered objects come on top of those of this frame. They go first, because what is there
    // now counts for more than what was there a moment ago, whatever its score; then the weakest.
    void keepToLimit(std::vector<Detection>& objects) const {
        for (std::size_t i = objects.size(); i-- > 0 && objects.size() > max_objects_;) {
            if (objects[i].remembered())
                objects.erase(objects.begin() + static_cast<std::ptrdiff_t>(i));
        }
        if (objects.size() > max_objects_) objects.resize(max_objects_);
    }

    std::size_t max_objects_;
    detect::Tracker tracker_;
    std::string file_;
};

int runDetect(DetectOptions& options, Context& context) {
    Console& console = context.console;
    options.heat_maps.parse();
    const auto format = formatNamed(options.format);
    if (format.has_value() != !options.out.empty()) {
        throw Error(ErrorCode::kUsage,
                    "--format and --out belong together: coco and csv make a file, voc and yolo a "
                    "folder of files.");
    }
    const bool single = isSinglePicture(options.inputs.inputs);
    const KeptFiles kept =
        checkOutputs(plannedOutputs(options, single), options.inputs.inputs,
                     filesRead(options.common, options.taught, context), console);
    chooseDevice(options.common.device);
    auto models = loadModels(options.common, context.models, console);
    const std::string name = models.front()->name;
    detect::Recogniser recogniser = makeRecogniser(std::move(models), options.common);
    if (recogniser.info().dense.fidelity == net::DenseFidelity::kClassificationOnly) {
        throw Error(ErrorCode::kModel,
                    "The model '" + name +
                        "' cannot slide over a picture, so it finds no objects; use 'overfeat "
                        "classify', or another model.");
    }
    Look look = lookFor(options.views, recogniser.info());
    options.taught.apply(look, recogniser, console);
    const auto labels = recogniser.labels(look);
    options.heat_maps.resolve(*labels);
    options.detection.class_thresholds = classThresholds(options.class_thresholds, *labels);
    look.detection = options.detection;
    look.detection->merge = mergeNamed(options.merge);
    checkLimits(look);

    Results results(console, options.common.json);
    std::optional<DetectionFiles> files;
    if (format) files.emplace(*format, options.out, kept);
    std::optional<OverlayVideo> video;
    if (isVideoOverlay(options.overlay)) {
        video.emplace(options.overlay, kept);
    }
    Steadying steadying(options.detection.max_objects);
    bool looked = false;
    const WalkSummary walk =
        forEachFrame(options.inputs.inputs, {options.inputs.every, options.inputs.max_frames},
                     console, [&](const InputFrame& input) {
                         Recognition seen = recogniser.recognise(input.image, look, console.stop);
                         if (options.steady) steadying.apply(input, seen.detections);
                         looked = true;
                         print(results, input, seen, options.raw);
                         if (files) files->add(input, seen);
                         options.heat_maps.write(seen, single, input.number, kept);
                         if (video) {
                             video->add(input.image, seen, input.file, input.time_s);
                         } else if (!options.overlay.empty()) {
                             const std::filesystem::path out = options.overlay;
                             writeFile(single ? out : numbered(out, input.number),
                                       overlayBytes(input.image, seen, options.overlay), kept);
                         }
                     });
    // A mistyped input must not empty the file of an earlier run.
    if (files && looked) files->finish();
    if (video) video->finish();
    noteReplacedServer(console, recogniser.info().device);
    return walk.bad == 0 ? 0 : exitCode(ErrorCode::kInput);
}

}  // namespace

Command addDetect(CLI::App& command) {
    auto options = std::make_shared<DetectOptions>();
    options->inputs.addTo(command);
    options->common.addTo(command);
    options->views.addDenseTo(command);
    command.add_option("--merge", options->merge, "How boxes become objects")
        ->type_name("KIND")
        ->check(CLI::IsMember({"vote", "nms", "soft-nms"}))
        ->capture_default_str();
    command.add_option("--threshold", options->detection.score_threshold, "Least score shown")
        ->type_name("0..1")
        ->check(within(DetectionOptions::kScoreThreshold))
        ->capture_default_str();
    command
        .add_option("--class-threshold", options->class_thresholds,
                    "Least score shown of one class, instead of --threshold; repeatable")
        ->type_name("LABEL=X")
        ->allow_extra_args(false);
    command
        .add_option("--window-threshold", options->detection.window_threshold,
                    "What a window must give a class to vote for it")
        ->type_name("0..1")
        ->check(within(DetectionOptions::kWindowThreshold))
        ->capture_default_str();
    command
        .add_option("--box-sharpness", options->detection.box_sharpness,
                    "Voting: power of the scores with which voters place the box; 0 = the merged "
                    "box")
        ->type_name("X")
        ->check(within(DetectionOptions::kBoxSharpness))
        ->capture_default_str();
    command
        .add_option("--match", options->detection.match_threshold,
                    "Boxes merge below this match score; 0 = none")
        ->type_name("0..2")
        ->check(within(DetectionOptions::kMatchThreshold))
        ->capture_default_str();
    command.add_option("--min-votes", options->detection.min_votes, "Windows that must agree")
        ->type_name("N")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    command.add_option("--max-objects", options->detection.max_objects, "At most so many objects")
        ->type_name("N")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    command.add_flag(
        "--steady", options->steady,
        "Of a video, follow objects from frame to frame, so that labels do not flicker; "
        "pictures stay as they are");
    command.add_flag("--raw", options->raw, "With --json: also the boxes before merging");
    command
        .add_option("--overlay", options->overlay,
                    "Write each picture with its boxes as .png or .jpg, numbered if there are "
                    "several, or all of them as one .mp4 or .mkv video")
        ->type_name("OUT")
        ->check([](const std::string& path) { return overlayProblem(path); });
    options->taught.addTo(command);
    options->heat_maps.addTo(command);
    command
        .add_option("--format", options->format,
                    "Also write the objects for other programs: coco or csv (one file), voc or "
                    "yolo (a file per picture)")
        ->type_name("KIND")
        ->check(CLI::IsMember({"coco", "voc", "yolo", "csv"}));
    command.add_option("--out", options->out, "The file or folder that --format writes")
        ->type_name("FILE|FOLDER");
    return [options](Context& context) { return runDetect(*options, context); };
}

}  // namespace overfeat::cli
