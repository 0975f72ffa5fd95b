// SPDX-License-Identifier: Apache-2.0
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <memory>
#include <string>
#include <utility>

#include "app/cli/commands.h"
#include "app/cli/heat_map_files.h"
#include "app/cli/inputs.h"
#include "app/cli/kept_files.h"
#include "app/cli/library_options.h"
#include "app/cli/options.h"
#include "app/cli/recognition_output.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

constexpr int kMaxTop = 100'000;

struct ClassifyOptions {
    CommonOptions common;
    ViewOptions views;
    InputOptions inputs;
    int top = 5;
    TaughtOptions taught;
    HeatMapFiles heat_maps;
};

// Networks that cannot slide are asked about the centre; people are told, heat maps refused.
void requireDense(const detect::RecogniserInfo& info, const ClassifyOptions& options,
                  Console& console) {
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

int classify(ClassifyOptions& options, Context& context) {
    Console& console = context.console;
    options.heat_maps.parse();
    if (!options.heat_maps.empty() && options.views.views != "dense") {
        throw Error(ErrorCode::kUsage,
                    "Heat maps come from every window of the picture; use --views dense.");
    }
    const bool single = isSinglePicture(options.inputs.inputs);
    const KeptFiles kept =
        checkOutputs(options.heat_maps.planned(single), options.inputs.inputs,
                     filesRead(options.common, options.taught, context), console);
    chooseDevice(options.common.device);
    auto models = loadModels(options.common, context.models, console);
    detect::Recogniser recogniser = makeRecogniser(std::move(models), options.common);
    Look look = lookFor(options.views, recogniser.info());
    requireDense(recogniser.info(), options, console);
    options.taught.apply(look, recogniser, console);
    options.heat_maps.resolve(*recogniser.labels(look));

    Results results(console, options.common.json);
    const WalkSummary walk = forEachFrame(
        options.inputs.inputs, {options.inputs.every, options.inputs.max_frames}, console,
        [&](const InputFrame& input) {
            const Recognition seen = recogniser.recognise(input.image, look, console.stop);
            printClasses(results, input, seen, static_cast<std::size_t>(options.top));
            options.heat_maps.write(seen, single, input.number, kept);
        });
    noteReplacedServer(console, recogniser.info().device);
    return walk.bad == 0 ? 0 : exitCode(ErrorCode::kInput);
}

}  // namespace

Command addClassify(CLI::App& command) {
    auto options = std::make_shared<ClassifyOptions>();
    options->inputs.addTo(command);
    options->common.addTo(command);
    options->views.addTo(command);
    command.add_option("--top", options->top, "How many classes to print")
        ->type_name("N")
        ->check(CLI::Range(1, kMaxTop))
        ->capture_default_str();
    options->taught.addTo(command);
    options->heat_maps.addTo(command);
    return [options](Context& context) { return classify(*options, context); };
}

}  // namespace overfeat::cli
