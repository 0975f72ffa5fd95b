// SPDX-License-Identifier: Apache-2.0
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/inputs.h"
#include "app/cli/options.h"
#include "app/cli/output_file.h"
#include "app/cli/recognition_output.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

constexpr int kMaxTop = 100'000;
// Heat maps of larger pictures are written at a lower resolution: they are smooth anyway.
constexpr double kMaxHeatMapPoints = 4e6;

struct Options {
    CommonOptions common;
    ViewOptions views;
    InputOptions inputs;
    int top = 5;
    std::vector<std::string> heat_maps;
};

struct HeatMapWish {
    std::string label;
    std::filesystem::path out;
};

HeatMapWish parseHeatMapWish(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
        throw Error(ErrorCode::kUsage,
                    "--heatmap wants LABEL=OUT.png or LABEL=OUT.npy, not '" + text + "'.");
    }
    HeatMapWish wish{text.substr(0, equals), text.substr(equals + 1)};
    const std::filesystem::path extension = wish.out.extension();
    if (extension != ".png" && extension != ".npy") {
        throw Error(ErrorCode::kUsage, "A heat map is written as .png or .npy, not as '" +
                                           wish.out.string() + "'; change the extension.");
    }
    return wish;
}

std::size_t classNamed(const LabelSet& labels, const std::string& text) {
    if (const auto index = labels.find(text)) return *index;
    std::string close;
    int count = 0;
    for (std::size_t i = 0; i < labels.size() && count < 5; ++i) {
        if (labels[i].label.find(text) == std::string::npos) continue;
        close += (count++ == 0 ? "'" : ", '") + labels[i].label + "'";
    }
    throw Error(ErrorCode::kUsage,
                "The model knows no class '" + text + "'" +
                    (close.empty() ? std::string("; 'overfeat models info --classes' lists them.")
                                   : "; did you mean " + close + "?"),
                text);
}

double heatMapStep(SizePx frame) {
    const double pixels = static_cast<double>(frame.width) * frame.height;
    return std::max(1.0, std::ceil(std::sqrt(pixels / kMaxHeatMapPoints)));
}

// Networks that cannot slide are asked about the centre; people are told, heat maps refused.
void requireDense(const detect::RecogniserInfo& info, const Options& options, Console& console) {
    if (options.views.views != "dense" ||
        info.dense.fidelity != net::DenseFidelity::kClassificationOnly) {
        return;
    }
    if (!options.heat_maps.empty()) {
        throw Error(ErrorCode::kModel,
                    "The network cannot slide over a picture, so it has no heat maps; choose "
                    "another model or leave out --heatmap.");
    }
    if (!info.dense.reasons.empty()) note(console, info.dense.reasons.back());
}

int classify(const Options& options, Context& context) {
    Console& console = context.console;
    std::vector<HeatMapWish> wishes;
    for (const std::string& text : options.heat_maps)
        wishes.push_back(parseHeatMapWish(text));
    if (!wishes.empty() && options.views.views != "dense") {
        throw Error(ErrorCode::kUsage,
                    "Heat maps come from every window of the picture; use --views dense.");
    }
    chooseDevice(options.common.device);
    auto models = loadModels(options.common, context.models, console);
    std::vector<std::size_t> wished_classes;
    for (const HeatMapWish& wish : wishes) {
        wished_classes.push_back(classNamed(*models.front()->labels, wish.label));
    }
    detect::Recogniser recogniser =
        makeRecogniser(std::move(models), options.common, options.views);

    requireDense(recogniser.info(), options, console);

    Results results(console, options.common.json);
    const bool single = isSinglePicture(options.inputs.inputs);
    std::int64_t number = 0;
    const int bad = forEachFrame(
        options.inputs.inputs, {options.inputs.every, options.inputs.max_frames}, console,
        [&](const InputFrame& input) {
            const Recognition seen = recogniser.recognise(input.image, console.stop);
            printClasses(results, input, seen, static_cast<std::size_t>(options.top));
            for (std::size_t i = 0; i < wishes.size(); ++i) {
                const SizePx size = input.image.size();
                const auto& out = wishes[i].out;
                writeHeatMap(single ? out : numbered(out, number),
                             heatMap(seen.scales, wished_classes[i], size, heatMapStep(size)));
            }
            ++number;
        });
    return bad == 0 ? 0 : exitCode(ErrorCode::kInput);
}

}  // namespace

Command addClassify(CLI::App& command) {
    auto options = std::make_shared<Options>();
    options->inputs.addTo(command);
    options->common.addTo(command);
    options->views.addTo(command);
    command.add_option("--top", options->top, "How many classes to print")
        ->type_name("N")
        ->check(CLI::Range(1, kMaxTop))
        ->capture_default_str();
    command
        .add_option("--heatmap", options->heat_maps,
                    "Write the confidence of a class over the picture: 16-bit grey PNG (65535 = "
                    "1) or NPY; repeatable; numbered if there are several pictures")
        ->type_name("LABEL=OUT.png|.npy")
        ->allow_extra_args(false);
    return [options](Context& context) { return classify(*options, context); };
}

}  // namespace overfeat::cli
