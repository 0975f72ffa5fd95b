// SPDX-License-Identifier: Apache-2.0
//
// What the machine has: overfeat devices, overfeat cameras.
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/capture/source.h"
#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "engine/backend/registry.h"

namespace overfeat::cli {

namespace {

void printDevice(Results& results, const std::string& name, const backend::Availability& state) {
    if (results.json()) {
        results.object(
            {{"name", name}, {"available", state.available}, {"sentence", state.sentence}});
    } else {
        results.line(padRight(printable(name), 10) + (state.available ? "  yes  " : "  no   ") +
                     printable(state.sentence));
    }
}

// What a server says of itself, or why it cannot be used.
backend::Availability serverState(const std::string& device) {
    const DeviceChoice choice = chooseDevice(device).device;
    if (choice.name == "kserve") return {true, choice.description};
    return {false, choice.passed_over.front().why};
}

}  // namespace

Command addDevices(CLI::App& command) {
    struct Options {
        bool json = false;
        std::vector<std::string> servers;
    };
    auto options = std::make_shared<Options>();
    command
        .add_option("servers", options->servers,
                    "Inference servers to ask, too, as --device takes them")
        ->type_name("kserve:HOST:PORT/MODEL")
        ->check([](const std::string& server) { return serverProblem(server); });
    command.add_flag("--json", options->json, "Print one JSON object per line");
    return [options](Context& context) {
        Results results(context.console, options->json);
        for (const backend::Backend* device : backend::backends())
            printDevice(results, std::string(device->name()), device->probe());
        for (const std::string& server : options->servers)
            printDevice(results, server, serverState(server));
        if (options->servers.empty() && !results.json()) {
            note(context.console,
                 "Networks also run on inference servers that speak KServe's protocol (version 2, "
                 "HTTP or gRPC), such as Triton: see 'overfeat export-server --help', and name one "
                 "as kserve:HOST:PORT/MODEL or kserve+grpc:HOST:PORT/MODEL.");
        }
        return 0;
    };
}

Command addCameras(CLI::App& command) {
    auto json = std::make_shared<bool>(false);
    command.add_flag("--json", *json, "Print one JSON object per line");
    return [json](Context& context) {
        Results results(context.console, *json);
        const auto cameras = capture::listCameras();
        for (const capture::CameraInfo& camera : cameras) {
            if (results.json()) {
                results.object({{"id", camera.id},
                                {"name", camera.name},
                                {"device", camera.device},
                                {"modes", camera.modes},
                                {"problem", camera.problem}});
                continue;
            }
            std::string text = printable(camera.name) + "\n  id      " + printable(camera.id) +
                               "\n  device  " + printable(camera.device);
            for (const std::string& mode : camera.modes)
                text += "\n  mode    " + printable(mode);
            if (!camera.problem.empty()) text += "\n  problem " + printable(camera.problem);
            results.line(text);
        }
        if (cameras.empty()) {
            note(context.console, "No camera is connected; plug one in and try again.");
        }
        return 0;
    };
}

}  // namespace overfeat::cli
