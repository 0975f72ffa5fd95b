// SPDX-License-Identifier: Apache-2.0
#include "app/video/converter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

#include "engine/core/error.h"

namespace overfeat::video {
namespace {

// The fast converters write this many pixels at a time and leave the rest of a tight row alone.
constexpr int kStep = 32;
// Beyond this the shape of the pixels is a mistake.
constexpr double kMostAspect = 16;

struct Planar {
    AVPixelFormat old;
    AVPixelFormat same;
};
// The formats whose name says "full range"; that is told separately.
constexpr std::array<Planar, 5> kFullRange{{{AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P},
                                            {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P},
                                            {AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P},
                                            {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
                                            {AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P}}};

bool mayBeTransparent(int format) {
    const AVPixFmtDescriptor* about = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(format));
    return about != nullptr && ((about->flags & AV_PIX_FMT_FLAG_ALPHA) != 0 ||
                                (about->flags & AV_PIX_FMT_FLAG_PAL) != 0);
}

std::uint8_t overWhite(int value, int alpha) {
    return static_cast<std::uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

// Copies rows of RGB or RGBA into `image`, turned. Goes through the picture in blocks, because a
// transposed one would otherwise touch a new line of memory with every pixel.
void place(const AVFrame& rgb, bool alpha, const Turn& turn, Image& image) {
    const int bytes = alpha ? 4 : 3;
    if (turn.none() && !alpha) {
        for (int y = 0; y < image.height(); ++y)
            std::memcpy(image.row(y), rgb.data[0] + std::ptrdiff_t{y} * rgb.linesize[0],
                        image.rowBytes());
        return;
    }
    constexpr int kBlock = 64;
    const int width = image.width();
    const int height = image.height();
    const std::ptrdiff_t along = turn.transpose ? rgb.linesize[0] : bytes;
    const std::ptrdiff_t down = turn.transpose ? bytes : rgb.linesize[0];
    const std::uint8_t* origin = rgb.data[0] + (turn.mirror_x ? along * (width - 1) : 0) +
                                 (turn.mirror_y ? down * (height - 1) : 0);
    const std::ptrdiff_t step_x = turn.mirror_x ? -along : along;
    const std::ptrdiff_t step_y = turn.mirror_y ? -down : down;
    for (int top = 0; top < height; top += kBlock) {
        for (int left = 0; left < width; left += kBlock) {
            const int right = std::min(left + kBlock, width);
            for (int y = top; y < std::min(top + kBlock, height); ++y) {
                const std::uint8_t* from = origin + step_y * y + step_x * left;
                std::uint8_t* to = image.row(y) + std::ptrdiff_t{3} * left;
                for (int x = left; x < right; ++x, from += step_x, to += 3) {
                    for (int c = 0; c < 3; ++c)
                        to[c] = alpha ? overWhite(from[c], from[3]) : from[c];
                }
            }
        }
    }
}

}  // namespace

Turn turnOf(const std::int32_t* matrix) noexcept {
    if (matrix == nullptr) return {};
    // A point (x, y) is shown at (a x + c y, b x + d y).
    const double a = matrix[0];
    const double b = matrix[1];
    const double c = matrix[3];
    const double d = matrix[4];
    const double straight = std::abs(a) + std::abs(d);
    const double crossed = std::abs(b) + std::abs(c);
    constexpr double kSlant = 0.02;  // about a degree
    if (straight <= 0 && crossed <= 0) return {};
    if (crossed <= kSlant * straight) return {false, a < 0, d < 0};
    if (straight <= kSlant * crossed) return {true, c < 0, b < 0};
    return {};
}

SizePx shownSize(SizePx stored, AVRational pixel_aspect, const Turn& turn) {
    double aspect = pixel_aspect.num > 0 && pixel_aspect.den > 0 ? av_q2d(pixel_aspect) : 1;
    if (aspect > kMostAspect || aspect < 1 / kMostAspect) aspect = 1;
    // Cut off as FFmpeg does it; 160 x 2/1 may come out a little below 320.
    const double width = std::max(1.0, std::floor(stored.width * aspect + 1e-6));
    if (stored.empty() || width * stored.height > static_cast<double>(Image::kMaxPixels)) {
        throw Error(ErrorCode::kInput, "A picture of " + std::to_string(stored.width) + "x" +
                                           std::to_string(stored.height) +
                                           " pixels cannot be shown; scale the video to at most "
                                           "100 megapixels first.");
    }
    SizePx shown{static_cast<int>(width), stored.height};
    if (turn.transpose) std::swap(shown.width, shown.height);
    return shown;
}

void Converter::prepare(const Form& form) {
    if (scaler_ && form_ == form) return;
    scaler_.reset();
    const auto to = form.alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
    const auto from = static_cast<AVPixelFormat>(form.format);
    if (sws_isSupportedInput(from) != 0) {
        scaler_.reset(sws_getContext(form.from.width, form.from.height, from, form.to.width,
                                     form.to.height, to, SWS_BICUBIC, nullptr, nullptr, nullptr));
    }
    if (!scaler_) {
        const char* name = av_get_pix_fmt_name(from);
        throw Error(ErrorCode::kInput, "A picture in the pixel format '" +
                                           std::string(name != nullptr ? name : "unknown") +
                                           "' cannot be shown; convert the video, for example to "
                                           "MP4 with H.264.");
    }
    // What a picture does not say about its colours is as the library takes it: BT.601, and the
    // range that is usual for the format. It refuses to be told about formats that are RGB already.
    int* from_table = nullptr;
    int* to_table = nullptr;
    int from_full = 0;
    int to_full = 0;
    int brightness = 0;
    int contrast = 0;
    int saturation = 0;
    if (sws_getColorspaceDetails(scaler_.get(), &from_table, &from_full, &to_table, &to_full,
                                 &brightness, &contrast, &saturation) >= 0) {
        if (form.range != AVCOL_RANGE_UNSPECIFIED) from_full = form.range == AVCOL_RANGE_JPEG;
        sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(form.matrix), from_full,
                                 to_table, to_full, brightness, contrast, saturation);
    }
    form_ = form;
}

void Converter::convert(const AVFrame& frame, const Turn& turn, Image& image) {
    Form form{.from = {frame.width, frame.height},
              .to = image.size(),
              .format = frame.format,
              .matrix = frame.colorspace,
              .range = frame.color_range,
              .alpha = mayBeTransparent(frame.format)};
    if (turn.transpose) std::swap(form.to.width, form.to.height);
    for (const Planar& format : kFullRange) {
        if (format.old != frame.format) continue;
        form.format = format.same;
        form.range = AVCOL_RANGE_JPEG;
    }
    prepare(form);
    const bool in_place = turn.none() && !form.alpha && form.to.width % kStep == 0;
    std::array<std::uint8_t*, 4> planes{};
    std::array<int, 4> strides{};
    if (in_place) {
        planes[0] = image.row(0);
        strides[0] = static_cast<int>(image.rowBytes());
    } else {
        const int format = form.alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
        if (!scratch_ || scratch_->format != format || scratch_->width != form.to.width ||
            scratch_->height != form.to.height) {
            scratch_.reset(av_frame_alloc());
            scratch_->format = format;
            scratch_->width = form.to.width;
            scratch_->height = form.to.height;
            if (av_frame_get_buffer(scratch_.get(), 0) < 0) {
                scratch_.reset();
                throw Error(ErrorCode::kRuntime, "There is not enough memory for a picture.");
            }
        }
        planes[0] = scratch_->data[0];
        strides[0] = scratch_->linesize[0];
    }
    sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, planes.data(),
              strides.data());
    if (!in_place) place(*scratch_, form.alpha, turn, image);
}

}  // namespace overfeat::video
