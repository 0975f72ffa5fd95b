// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <opencv2/core/mat.hpp>
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
// Threads: one at a time (it keeps its work space).
class CameraDecoder {
public:
    std::shared_ptr<Frame> decode(const CameraFormat& format, std::span<const std::uint8_t> bytes,
                                  FramePool& pool);

private:
    std::shared_ptr<Frame> decodeJpeg(std::span<const std::uint8_t> bytes, FramePool& pool);
    cv::Mat bgr_;
};

}  // namespace overfeat::capture
