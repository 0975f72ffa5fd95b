// SPDX-License-Identifier: Apache-2.0
//
// What the machine has: overfeat devices, overfeat cameras.
#include <memory>

#include "app/capture/source.h"
#include "app/cli/commands.h"
#include "engine/backend/registry.h"

namespace overfeat::cli {

Command addDevices(CLI::App& command) {
    auto json = std::make_shared<bool>(false);
    command.add_flag("--json", *json, "Print one JSON object per line");
    return [json](Context& context) {
        Results results(context.console, *json);
        for (const backend::Backend* device : backend::backends()) {
            const backend::Availability state = device->probe();
            if (results.json()) {
                results.object({{"name", device->name()},
                                {"available", state.available},
                                {"sentence", state.sentence}});
            } else {
                results.line(padRight(std::string(device->name()), 10) +
                             (state.available ? "  yes  " : "  no   ") + printable(state.sentence));
            }
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
