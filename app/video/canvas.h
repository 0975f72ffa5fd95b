// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "app/video/ffmpeg.h"
#include "app/video/writer.h"

namespace overfeat::video {

// Puts pictures of any size into frames of one size, in the planes (4:2:0) and colours of an
// encoder.
class Canvas {
public:
    // The frames have this size, made even: the last column or row is there twice.
    Canvas(SizePx size, bool full_range);

    SizePx size() const noexcept { return frame_size_; }
    AVPixelFormat format() const noexcept { return format_; }
    AVColorSpace matrix() const noexcept { return matrix_; }
    AVColorRange range() const noexcept {
        return full_range_ ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    }

    // The frame with the picture; valid until the next call. Encoders may keep what they refer to.
    // Throws std::bad_alloc.
    AVFrame& draw(const PixelsView& picture);
    // The same frame once more.
    AVFrame& last() noexcept { return *frame_; }

private:
    struct Place {  // in the frame, of the picture; x and y are even
        int x = 0;
        int y = 0;
        SizePx size;
    };
    Place placeOf(SizePx picture) const noexcept;
    void prepareFrame();
    void prepareScaler(const PixelsView& picture, const Place& place);
    void convert(const PixelsView& picture, const Place& place);
    void fillBars(const Place& place);
    PixelsView madeEven(const PixelsView& picture);

    const SizePx frame_size_;
    const bool full_range_;
    const AVPixelFormat format_;
    const AVColorSpace matrix_;
    FramePointer frame_;
    ScalerPointer scaler_;
    std::vector<int> scaler_key_;     // what the scaler was made for
    std::vector<std::uint8_t> even_;  // a picture with odd sides, made even
    std::vector<std::uint8_t> tail_;
};

}  // namespace overfeat::video
