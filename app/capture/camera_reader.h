// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "app/capture/frame_reader.h"
#include "app/capture/source.h"
#include "app/capture/v4l2_device.h"

namespace overfeat::capture {

// Reads a V4L2 camera. `id` as in listCameras(), or empty for the first one.
std::unique_ptr<FrameReader> makeCameraReader(std::string id, const SourceOptions& options,
                                              CameraEnvironment environment);

}  // namespace overfeat::capture
