// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/parts.h"

#include <utility>

#include "app/live/base/messages.h"
#include "app/live/base/text.h"
#include "app/store/embedded_model.h"
#include "engine/backend/registry.h"
#include "engine/core/error.h"

namespace overfeat::app {
namespace {

QList<ui::Choice> listDevices() {
    QList<ui::Choice> choices{makeChoice("auto", "Automatic", "the best one")};
    for (const backend::Backend* backend : backend::backends()) {
        const backend::Availability probe = backend->probe();
        const QString sentence = shown(probe.sentence);
        choices.append(makeChoice(idOf(backend->name()), shown(backend->name()),
                                  probe.available ? sentence : QString(),
                                  probe.available ? QString() : sentence));
    }
    return choices;
}

QString checkServer(const std::string& device) {
    try {
        const backend::Availability probe = backend::connectServer(device)->probe();
        return probe.available ? QString() : shown(probe.sentence);
    } catch (const Error& error) {
        return shown(error.what());
    }
}

}  // namespace

Parts realParts() {
    Parts parts;
    parts.places = store::findPlaces();
    parts.models = std::make_shared<store::ModelStore>(store::modelFolders(parts.places),
                                                       store::embeddedModel(),
                                                       store::publishedModels(parts.places));
    parts.make_network = networkMaker(parts.models);
    parts.parse_source = capture::parseSource;
    parts.open_source = capture::openSource;
    parts.list_cameras = capture::listCameras;
    parts.watch_cameras = [](std::function<void()> changed) {
        return std::make_shared<capture::CameraWatcher>(std::move(changed));
    };
    parts.list_devices = listDevices;
    parts.check_server = checkServer;
    return parts;
}

}  // namespace overfeat::app
