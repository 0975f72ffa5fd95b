// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/capture/v4l2_device.h"
#include "engine/core/geometry.h"

namespace overfeat::capture {

// One way a camera can send pictures.
struct CameraMode {
    std::uint32_t format = 0;  // V4L2 pixel format
    SizePx size;
    double fps = 0;  // 0 = the driver does not say
    bool operator==(const CameraMode&) const = default;
};

std::string formatName(std::uint32_t format);   // "MJPG"
std::string modeName(const CameraMode& mode);   // "1280x720 30 fps MJPG"
double bytesPerSecond(const CameraMode& mode);  // estimate of what it takes on the bus

// The modes of an open device in formats this room can decode. For size ranges, the sizes nearest
// to `wanted` and the ends.
std::vector<CameraMode> cameraModes(V4l2Device& device, SizePx wanted);

// Nearest first: size and shape before rate, rate before format; among equals MJPG, because raw
// pictures do not fit through USB 2 at full rate.
std::vector<CameraMode> nearestModes(std::vector<CameraMode> modes, SizePx wanted,
                                     double wanted_fps);

}  // namespace overfeat::capture
