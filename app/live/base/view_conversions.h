// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>

#include "app/capture/source.h"
#include "engine/detect/recogniser.h"
#include "engine/live/update.h"
#include "ui/view_models.h"

// From the engine's and the sources' values to what the widgets are told. Each is a pure function.
namespace overfeat::app {

ui::SourceStatusView sourceStatusView(const capture::SourceStatus& status);
ui::NetworkStatusView networkStatusView(const live::SessionStatistics& statistics);
ui::ModelView modelView(const detect::RecogniserInfo& info);
// `wanted` is what was asked for: "auto", "cpu" or a backend.
ui::DeviceView deviceView(const std::string& wanted, const DeviceChoice& chosen);
std::vector<ui::LayerTimingView> layerTimingViews(const std::vector<backend::LayerTiming>& layers);

// What a chooser calls a source that is not a camera: "Demo clip", "kitchen.mp4".
ui::Choice sourceChoice(const std::string& target);
ui::Choice cameraChoice(const capture::CameraInfo& camera);

}  // namespace overfeat::app
