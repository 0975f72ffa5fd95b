// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "app/video/ffmpeg.h"
#include "engine/core/image.h"

namespace overfeat::video {

// How a stored picture has to be turned to be seen upright: first transposed (mirrored at the
// diagonal from the upper left), then mirrored.
struct Turn {
    bool transpose = false;
    bool mirror_x = false;
    bool mirror_y = false;
    bool none() const noexcept { return !transpose && !mirror_x && !mirror_y; }
    friend bool operator==(const Turn&, const Turn&) = default;
};
// Of a display matrix (3x3, as in libavutil/display.h; may be null). A matrix that is no multiple
// of a quarter turn is ignored, as nobody shows such pictures slanted.
Turn turnOf(const std::int32_t* matrix) noexcept;

// The size in which a stored picture is shown. The height stays and the width follows the shape of
// the pixels, as in ffplay. Throws Error(kInput) beyond Image::kMaxPixels.
SizePx shownSize(SizePx stored, AVRational pixel_aspect, const Turn& turn);

// Turns decoded pictures of any format into RGB, each by what it says about itself.
// Threads: one at a time.
class Converter {
public:
    // `image` must have shownSize(). Throws Error(kInput) for a format nobody can convert.
    void convert(const AVFrame& frame, const Turn& turn, Image& image);

private:
    struct Form {  // what the scaler was made for
        SizePx from;
        SizePx to;
        int format = AV_PIX_FMT_NONE;
        int matrix = AVCOL_SPC_UNSPECIFIED;
        int range = AVCOL_RANGE_UNSPECIFIED;
        bool alpha = false;
        friend bool operator==(const Form&, const Form&) = default;
    };
    void prepare(const Form& form);

    Form form_;
    ScalerPointer scaler_;
    FramePointer scratch_;  // where the picture cannot be written in place
};

}  // namespace overfeat::video
