// SPDX-License-Identifier: Apache-2.0
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/capture/picture_file.h"
#include "app/cli/bench_measurements.h"
#include "app/cli/bench_taught.h"
#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "app/cli/preview.h"
#include "app/cli/soak.h"
#include "app/report/recognition_json.h"
#include "engine/core/error.h"
#include "engine/detect/network.h"

namespace overfeat::cli {
namespace {

using nlohmann::ordered_json;

constexpr int kMaxSide = 8192;

struct BenchOptions {
    CommonOptions common;
    ViewOptions views;
    std::string frame = "640x480";
    std::string picture;
    int runs = 20;
    bool layers = false;
    bool peak = false;
    bool objects = false;
    int merge_boxes = 0;
    std::string against;
    int soak_s = 0;
    int preview_s = 0;
    std::string video;
    std::vector<int> taught;
    std::vector<std::string> taught_from;
};

// Everything one run of the command measured.
struct Report {
    SizePx frame;
    double load_ms = 0;
    StageMedians stages;
    std::vector<LevelCost> levels;
    std::vector<backend::LayerTiming> layers;
    std::optional<WindowsComparison> windows;
    std::optional<MergeTimes> merging;
    std::optional<double> peak;
    Memory memory;

    std::int64_t multiplyAdds() const {
        std::int64_t sum = 0;
        for (const LevelCost& level : levels)
            sum += level.multiply_adds;
        return sum;
    }
    double multiplyAddsPerSecond() const {
        const double network_ms = stages.stages[Stage::kNetwork];
        return network_ms > 0 ? static_cast<double>(multiplyAdds()) / network_ms * 1000 : 0;
    }
};

SizePx parseSize(const std::string& text) {
    SizePx size;
    const char* end = text.data() + text.size();
    const auto width = std::from_chars(text.data(), end, size.width);
    if (width.ec == std::errc{} && width.ptr != end && *width.ptr == 'x') {
        const auto height = std::from_chars(width.ptr + 1, end, size.height);
        const bool whole = height.ec == std::errc{} && height.ptr == end;
        if (whole && !size.empty() && size.width <= kMaxSide && size.height <= kMaxSide) {
            return size;
        }
    }
    throw Error(ErrorCode::kUsage,
                "--frame wants WIDTHxHEIGHT up to 8192x8192, such as 640x480, "
                "not '" +
                    text + "'.");
}

double millions(std::int64_t count) {
    return static_cast<double>(count) / 1e6;
}

ordered_json sizeJson(SizePx size) {
    return ordered_json::array({size.width, size.height});
}

ordered_json windowsJson(const WindowsComparison& windows) {
    return {{"input", sizeJson(windows.input)},
            {"windows", windows.windows},
            {"dense_ms", thousandths(windows.dense_ms)},
            {"windows_ms", thousandths(windows.windows_ms)},
            {"ratio", thousandths(windows.ratio())},
            {"largest_difference", windows.largest_difference},
            {"exact", windows.fidelity == net::DenseFidelity::kExact}};
}

void printJson(Results& results, const BenchOptions& options, const Report& report) {
    ordered_json json{{"frame", sizeJson(report.frame)},
                      {"model", options.common.model},
                      {"device", report.stages.last.device},
                      {"views", options.views.views},
                      {"stride", options.views.stride},
                      {"runs", report.stages.runs},
                      {"load_ms", thousandths(report.load_ms)},
                      {"first_ms", thousandths(report.stages.first_ms)},
                      {"median_ms", thousandths(report.stages.total_ms)},
                      {"p95_ms", thousandths(report.stages.slow_ms)},
                      {"frames_per_second", thousandths(1000 / report.stages.total_ms)},
                      {"timings_ms", report::timingsJson(report.stages.stages)},
                      {"multiply_adds", report.multiplyAdds()},
                      {"resident_bytes", report.memory.resident_bytes},
                      {"peak_resident_bytes", report.memory.peak_bytes}};
    auto levels = ordered_json::array();
    for (const LevelCost& level : report.levels) {
        levels.push_back({{"model", level.model},
                          {"input", sizeJson(level.input)},
                          {"cells", sizeJson(level.cells)},
                          {"multiply_adds", level.multiply_adds}});
    }
    json["levels"] = std::move(levels);
    if (options.layers) {
        auto layers = ordered_json::array();
        for (const backend::LayerTiming& layer : report.layers) {
            layers.push_back({{"node", layer.node},
                              {"op", layer.op},
                              {"implementation", layer.implementation},
                              {"ms", thousandths(layer.ms)},
                              {"multiply_adds", layer.multiply_adds}});
        }
        json["layers"] = std::move(layers);
    }
    if (report.windows) json["against_windows"] = windowsJson(*report.windows);
    if (const auto& merging = report.merging) {
        json["merging"] = {{"boxes", merging->boxes},
                           {"vote_ms", thousandths(merging->vote_ms)},
                           {"nms_ms", thousandths(merging->nms_ms)},
                           {"soft_nms_ms", thousandths(merging->soft_nms_ms)}};
    }
    if (report.peak) {
        json["peak_multiply_adds_per_s"] = std::round(*report.peak);
        json["share_of_peak"] = thousandths(report.multiplyAddsPerSecond() / *report.peak);
    }
    results.object(json);
}

std::string sizeText(SizePx size) {
    return std::to_string(size.width) + "x" + std::to_string(size.height);
}

void printLayers(Results& results, const Report& report) {
    results.line("layers of the largest scale             ms   M mult-adds  G/s");
    for (const backend::LayerTiming& layer : report.layers) {
        const double rate =
            layer.ms > 0 ? static_cast<double>(layer.multiply_adds) / layer.ms / 1e6 : 0;
        results.line("  " + padRight(printable(layer.node), 20) + " " + padRight(layer.op, 12) +
                     padLeft(fixed(layer.ms, 3), 9) +
                     padLeft(fixed(millions(layer.multiply_adds), 1), 12) +
                     padLeft(fixed(rate, 1), 8) + "  " + layer.implementation);
    }
}

void printWindows(Results& results, const WindowsComparison& windows) {
    results.line("one dense run against " + std::to_string(windows.windows) +
                 " windows of the largest scale (" + sizeText(windows.input) + "), one by one");
    results.line("  dense    " + padLeft(fixed(windows.dense_ms, 2), 10) + " ms");
    results.line("  windows  " + padLeft(fixed(windows.windows_ms, 2), 10) + " ms");
    results.line("  ratio    " + padLeft(fixed(windows.ratio(), 1), 10));
    results.line("  largest difference " + fixed(windows.largest_difference, 7) +
                 " of the largest output (this network is " +
                 (windows.fidelity == net::DenseFidelity::kExact
                      ? "exact when dense)"
                      : "approximate when dense: padding sees the surroundings)"));
}

void printText(Results& results, const BenchOptions& options, const Report& report) {
    const StageMedians& stages = report.stages;
    results.line(sizeText(report.frame) + " frame, " + options.views.views + " views, " +
                 options.views.stride + " stride, " + printable(stages.last.device));
    results.line("median of " + std::to_string(stages.runs) + " runs           ms");
    for (int i = 0; i < kStageCount; ++i) {
        const auto stage = static_cast<Stage>(i);
        results.line("  " + padRight(std::string(name(stage)), 16) +
                     padLeft(fixed(stages.stages[stage], 2), 12));
    }
    results.line("  " + padRight("picture to result", 18) + padLeft(fixed(stages.total_ms, 2), 10) +
                 "   = " + fixed(1000 / stages.total_ms, 1) + " frames/s (95 % within " +
                 fixed(stages.slow_ms, 2) + " ms)");
    if (!report.levels.empty()) {
        results.line("scale  input      cells    M mult-adds");
        for (std::size_t i = 0; i < report.levels.size(); ++i) {
            const LevelCost& level = report.levels[i];
            const std::string model = report.levels.back().model > 0
                                          ? "  of model " + std::to_string(level.model + 1)
                                          : std::string();
            results.line("  " + padRight(std::to_string(i + 1), 5) +
                         padRight(sizeText(level.input), 11) + padRight(sizeText(level.cells), 9) +
                         padLeft(fixed(millions(level.multiply_adds), 1), 11) + model);
        }
        results.line("  all" + padLeft(fixed(millions(report.multiplyAdds()), 1), 33) + "   = " +
                     fixed(report.multiplyAddsPerSecond() / 1e9, 1) + " G mult-adds/s");
    }
    if (options.layers) printLayers(results, report);
    if (report.windows) printWindows(results, *report.windows);
    if (const auto& merging = report.merging) {
        results.line("merging " + std::to_string(merging->boxes) + " raw boxes: vote " +
                     fixed(merging->vote_ms, 2) + " ms, nms " + fixed(merging->nms_ms, 2) +
                     " ms, soft-nms " + fixed(merging->soft_nms_ms, 2) + " ms");
    }
    if (report.peak) {
        results.line("peak on a 512-channel 1x1 convolution  " + fixed(*report.peak / 1e9, 1) +
                     " G mult-adds/s; the network reaches " +
                     fixed(100 * report.multiplyAddsPerSecond() / *report.peak, 0) + " % of it");
    }
    results.line("start     model read in " + fixed(report.load_ms, 0) + " ms, first frame in " +
                 fixed(stages.first_ms, 0) + " ms (with compiling)");
    results.line("memory    " + fixed(millions(report.memory.resident_bytes), 0) +
                 " MB resident, " + fixed(millions(report.memory.peak_bytes), 0) + " MB at most");
}

SizePx largestLevel(const net::Model& model, const Report& report) {
    if (report.stages.last.scales.empty()) {
        throw Error(ErrorCode::kUsage,
                    "'--against windows' compares dense runs; use --views dense and a network that "
                    "can slide ('" +
                        model.name + "' may not).");
    }
    const auto later = std::ranges::find_if(
        report.levels, [](const LevelCost& level) { return level.model != 0; });
    return std::prev(later)->input;
}

void measureExtras(const BenchOptions& options, const net::Model& model,
                   detect::Recogniser& recogniser, const Look& look, Console& console,
                   Report& report) {
    if (options.layers) report.layers = recogniser.profile(report.frame, look);
    if (options.against.empty() && !options.peak) return;
    const detect::Network network(std::make_shared<const net::Model>(model));
    const backend::Choice device =
        backend::chooseBackend(options.common.device, *network.windowGraph());
    if (options.against == "windows") {
        constexpr int kRounds = 5;
        report.windows =
            compareWithWindows(model, largestLevel(model, report), look.fine_steps, *device.backend,
                               options.common.threads, kRounds, console.stop);
    }
    if (options.peak) {
        report.peak = peakMultiplyAddsPerSecond(*device.backend, options.common.threads);
    }
}

int bench(const BenchOptions& options, Context& context) {
    Console& console = context.console;
    const SizePx size = parseSize(options.frame);
    chooseDevice(options.common.device);
    const auto start = std::chrono::steady_clock::now();
    const auto models = loadModels(options.common, context.models, console);
    Report report;
    detect::Recogniser recogniser = makeRecogniser(models, options.common);
    Look look = lookFor(options.views, recogniser.info());
    if (options.objects) look.detection.emplace();
    report.load_ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    Results results(console, options.common.json);
    if (options.soak_s > 0) {
        return soak({options.video, size, options.soak_s, look}, recogniser, console, results);
    }
    if (options.preview_s > 0) {
        return preview({options.video, size, options.preview_s, look}, std::move(recogniser),
                       console, results);
    }
    const Image picture =
        options.picture.empty() ? benchmarkPicture(size) : capture::readPicture(options.picture);
    if (!options.taught.empty()) {
        return benchTaught({options.taught, options.taught_from, options.runs, look}, picture,
                           recogniser, console, results);
    }
    report.frame = picture.size();
    report.stages = measureStages(recogniser, picture, look, options.runs, console.stop);
    report.memory = residentMemory();
    report.levels = levelCosts(models, look, report.frame);
    if (options.merge_boxes > 0)
        report.merging = measureMerging(report.stages.last, options.merge_boxes,
                                        options.common.threads, options.runs);
    measureExtras(options, *models.front(), recogniser, look, console, report);
    noteReplacedServer(console, recogniser.info().device);
    if (results.json()) {
        printJson(results, options, report);
    } else {
        printText(results, options, report);
    }
    return 0;
}

}  // namespace

Command addBench(CLI::App& command) {
    auto options = std::make_shared<BenchOptions>();
    options->common.addTo(command);
    options->views.addTo(command);
    command.add_option("--frame", options->frame, "Size of the made-up picture")
        ->type_name("WxH")
        ->capture_default_str();
    command.add_option("--picture", options->picture, "Measure on a picture instead")
        ->type_name("FILE");
    command.add_option("--runs", options->runs, "How many runs to take the median of")
        ->type_name("N")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    command.add_flag("--layers", options->layers, "Time every layer of the largest scale");
    command.add_flag("--objects", options->objects, "Also find objects, so that voting is timed");
    command
        .add_option("--merge-boxes", options->merge_boxes,
                    "Time each way of merging on the N best raw boxes of the picture")
        ->type_name("N")
        ->check(CLI::Range(0, 100'000));
    command
        .add_option("--against", options->against,
                    "windows: the dense run against its windows cropped and run one by one")
        ->type_name("WHAT")
        ->check(CLI::IsMember({"windows"}));
    command.add_flag("--peak", options->peak,
                     "Measure what the processor can do on one large convolution");
    command
        .add_option("--soak", options->soak_s, "Run for so many seconds and print how memory grows")
        ->type_name("SECONDS")
        ->check(CLI::Range(0, 7 * 24 * 3600));
    command
        .add_option("--preview", options->preview_s,
                    "Run the live session for so many seconds and print how many frames are shown "
                    "while the network runs flat out")
        ->type_name("SECONDS")
        ->check(CLI::Range(0, 3600));
    command
        .add_option("--taught", options->taught,
                    "How much more processor time a frame costs with so many taught classes, each "
                    "a part of the pictures of --taught-from")
        ->type_name("N[,...]")
        ->delimiter(',')
        ->check(CLI::Range(0, 10'000));
    command
        .add_option("--taught-from", options->taught_from, "A picture, video or folder; repeatable")
        ->type_name("FILE|FOLDER")
        ->allow_extra_args(false);
    command.get_option("--taught")->needs("--taught-from");
    command.get_option("--taught-from")->needs("--taught");
    // What would have no effect beside them is refused.
    for (const char* other : {"--layers", "--merge-boxes", "--against", "--peak"})
        command.get_option("--taught")->excludes(other);
    for (const char* run : {"--soak", "--preview"}) {
        command.get_option(run)->excludes("--taught");
        for (const char* other : {"--picture", "--layers", "--merge-boxes", "--against", "--peak"})
            command.get_option(run)->excludes(other);
    }
    command.get_option("--preview")->excludes("--soak");
    command
        .add_option("--video", options->video, "The video to loop over with --soak and --preview")
        ->type_name("FILE");
    return [options](Context& context) { return bench(*options, context); };
}

}  // namespace overfeat::cli
