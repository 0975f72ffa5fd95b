// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/capture/source.h"
#include "app/capture/v4l2_device.h"

namespace overfeat::capture {

// listCameras() for any environment.
std::vector<CameraInfo> listCameras(const CameraEnvironment& environment);

// The device node of a camera id (a name under v4l/by-id or v4l/by-path, or a path), or of the
// first usable camera if `id` is empty; an empty path if it is not connected. Throws nothing.
std::filesystem::path findCamera(const CameraEnvironment& environment, const std::string& id);

// The stable name of a device node: its link under v4l/by-id; where there is none (two equal
// cameras without serial numbers share one link), the one under v4l/by-path; else the node itself.
std::string cameraId(const CameraEnvironment& environment, const std::filesystem::path& node);

// The sentence for a camera that cannot be used, from the errno of open() or an ioctl.
std::string cameraTrouble(const std::string& name, int error);

}  // namespace overfeat::capture
