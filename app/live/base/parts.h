// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/capture/source.h"
#include "app/live/base/network_maker.h"
#include "app/store/model_store.h"
#include "app/store/places.h"
#include "ui/view_models.h"

namespace overfeat::app {

// Everything outside the program that it depends on, so that tests can put something slow, broken
// or absent in its place.
struct Parts {
    store::Places places;
    std::shared_ptr<const store::ModelStore> models;
    NetworkMaker make_network;
    std::function<capture::SourceSpec(const std::string&)> parse_source;
    std::function<std::unique_ptr<capture::Source>(
        const capture::SourceSpec&, const capture::SourceOptions&, capture::FrameSink)>
        open_source;
    std::function<std::vector<capture::CameraInfo>()> list_cameras;
    // Calls back, on any thread, when cameras come or go, for as long as the result lives.
    std::function<std::shared_ptr<void>(std::function<void()> changed)> watch_cameras;
    std::function<QList<ui::Choice>()> list_devices;
    // Why an inference server cannot be used, in one sentence, or nothing.
    std::function<QString(const std::string& device)> check_server;
    // How long the end of the program waits for a slow disk.
    std::chrono::milliseconds patience_at_end{1500};
};

// The real ones.
Parts realParts();

}  // namespace overfeat::app
