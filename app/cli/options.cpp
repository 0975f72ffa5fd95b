// SPDX-License-Identifier: Apache-2.0
#include "app/cli/options.h"

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <utility>

#include "app/store/load_models.h"
#include "engine/backend/kserve/address.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

// One of the names, which shells complete, or a server.
CLI::Validator isDevice() {
    const CLI::Validator names = CLI::IsMember({"auto", "cpu", "cuda", "onednn", "reference"});
    return {[names](const std::string& device) {
                return backend::kserve::isServer(device) ? serverProblem(device) : names(device);
            },
            names.get_description(), "device"};
}

}  // namespace

void CommonOptions::addTo(CLI::App& command) {
    command
        .add_option("--model", model,
                    "A model's name or file; several, separated by commas, vote. Without it the "
                    "best one that is there (overfeat models list), else the built-in 'default'")
        ->type_name("NAME|FILE[,...]");
    command
        .add_option("--device", device,
                    "Where the network runs: auto, cpu, cuda or reference, or an inference server "
                    "as kserve:HOST:PORT/MODEL or, over gRPC, kserve+grpc:HOST:PORT/MODEL (see "
                    "overfeat export-server)")
        ->type_name("NAME")
        ->check(isDevice())
        ->capture_default_str();
    command.add_option("--threads", threads, "Threads to compute with; 0 = one per core")
        ->type_name("N")
        ->check(within(detect::Placement::kThreads))
        ->capture_default_str();
    command.add_flag("--json", json, "Print one JSON object per line");
}

void ViewOptions::addTo(CLI::App& command) {
    command.add_option("--views", views, "What the network looks at: center, ten or dense")
        ->type_name("KIND")
        ->check(CLI::IsMember({"center", "ten", "dense"}))
        ->capture_default_str();
    addDenseTo(command);
}

void ViewOptions::addDenseTo(CLI::App& command) {
    command.add_option("--stride", stride, "Distance of dense windows: coarse or fine")
        ->type_name("KIND")
        ->check(CLI::IsMember({"coarse", "fine"}))
        ->capture_default_str();
    command.add_option("--scales", scales, "Number of scales of the dense run")
        ->type_name("N")
        ->check(within(Look::kScaleCount))
        ->capture_default_str();
    command
        .add_option("--smallest", smallest, "Dense: shorter side of the smallest scale, in windows")
        ->type_name("X")
        ->capture_default_str();
    command
        .add_option("--largest", largest, "Dense: shorter side of the largest scale, in windows")
        ->type_name("X")
        ->capture_default_str();
    command.add_flag("--flip", flip, "Dense: look at the mirror image too");
}

CLI::Option* InputOptions::addTo(CLI::App& command) {
    CLI::Option* files = command.add_option("inputs", inputs, "Pictures, videos and folders")
                             ->type_name("FILE|FOLDER")
                             ->required();
    command.add_option("--every", every, "Of a video, take each N-th frame")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
        ->capture_default_str();
    command.add_option("--frames", max_frames, "Of a video, take at most N frames; 0 = all")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40))
        ->capture_default_str();
    return files;
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

std::string serverProblem(const std::string& device) {
    try {
        backend::kserve::parseAddress(device);
        return {};
    } catch (const Error& error) {
        return error.what();
    }
}

backend::Choice chooseDevice(const std::string& wanted) {
    if (wanted == "cuda" &&
        std::ranges::none_of(backend::backends(),
                             [](const backend::Backend* b) { return b->name() == "cuda"; })) {
        throw Error(ErrorCode::kRuntime,
                    "This build cannot use a GPU; run with --device cpu, or see 'overfeat devices' "
                    "for what there is.",
                    "cuda");
    }
    return backend::chooseBackend(wanted);
}

void noteReplacedServer(Console& console, const DeviceChoice& device) {
    for (const DeviceChoice::PassedOver& other : device.passed_over) {
        if (other.name == "kserve") {
            note(console, "This computer computes" +
                              std::string(other.failed ? " from then on: " : ": ") +
                              printable(other.why));
        }
    }
}

std::vector<std::shared_ptr<const net::Model>> loadModels(const CommonOptions& options,
                                                          const store::ModelStore& store,
                                                          Console& console) {
    auto models = store::loadModels(store.resolve(options.model), console.stop);
    for (const auto& model : models) {
        for (const std::string& assumption : model->assumptions) {
            note(console, model->name + ": " + assumption);
        }
    }
    return models;
}

detect::Recogniser makeRecogniser(std::vector<std::shared_ptr<const net::Model>> models,
                                  const CommonOptions& common) {
    chooseDevice(common.device);  // before the models are touched: its sentence comes first
    return {std::move(models), {.device = common.device, .threads = common.threads}};
}

Look lookFor(const ViewOptions& views, const detect::RecogniserInfo& network) {
    Look look{.views = views.views == "center" ? Views::kCentre
                       : views.views == "ten"  ? Views::kTen
                                               : Views::kDense,
              .scale_count = views.scales,
              .smallest_side_windows = views.smallest,
              .largest_side_windows = views.largest,
              .fine_steps = views.stride == "fine" ? 1 : 0,
              .flip = views.flip};
    checkLimits(look);
    if (look.fine_steps > network.fine_steps_available) {
        throw Error(ErrorCode::kUsage,
                    "The network has no strided layer left to refine; leave out --stride fine.");
    }
    return look;
}

}  // namespace overfeat::cli
