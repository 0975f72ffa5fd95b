// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "app/capture/frame_pool.h"

namespace overfeat::capture {

// What a camera was told to send.
struct CameraFormat {
    std::uint32_t format = 0;  // V4L2 pixel format
    SizePx size;
    std::uint32_t row_bytes = 0;  // 0 = no padding; of the luma plane for planar formats
    bool operator==(const CameraFormat&) const = default;
};

bool canDecode(std::uint32_t format) noexcept;
bool isCompressed(std::uint32_t format) noexcept;
double bytesPerPixel(std::uint32_t format) noexcept;  // of raw formats

// Turns a camera's bytes into RGB frames. A frame that is shorter than it must be, cut off or not
// decodable gives null; never reads beyond `bytes`.
// Threads: any, with a pool each.
std::shared_ptr<Frame> decodeCameraFrame(const CameraFormat& format,
                                         std::span<const std::uint8_t> bytes, FramePool& pool);

}  // namespace overfeat::capture
