// SPDX-License-Identifier: Apache-2.0
#include "app/video/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <new>

namespace overfeat::video {
namespace {

constexpr int kFirstHdLine = 720;
// The fast converters read some bytes beyond a row; behind the last one is nobody's memory.
constexpr int kTailRows = 2;
constexpr std::size_t kTailPadding_bytes = 64;

SizePx even(SizePx size) {
    return {size.width + size.width % 2, size.height + size.height % 2};
}

std::size_t bytesPerPixel(const PixelsView& picture) {
    return picture.order == PixelsView::Order::kRgb ? 3 : 4;
}

std::size_t rowBytes(const PixelsView& picture) {
    return static_cast<std::size_t>(picture.size.width) * bytesPerPixel(picture);
}

int nearestEven(double value) {
    return std::max(2, 2 * static_cast<int>(std::lround(value / 2)));
}

}  // namespace

Canvas::Canvas(SizePx size, bool full_range)
    : frame_size_(even(size)),
      full_range_(full_range),
      // The format whose name says "full range" is the one that every version's JPEG encoder takes.
      format_(full_range ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P),
      matrix_(size.height >= kFirstHdLine && !full_range ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M) {}

AVFrame& Canvas::draw(const PixelsView& picture) {
    prepareFrame();
    const PixelsView whole = madeEven(picture);
    const Place place = placeOf(whole.size);
    convert(whole, place);
    if (place.size != frame_size_) fillBars(place);
    return *frame_;
}

Canvas::Place Canvas::placeOf(SizePx picture) const noexcept {
    const double scale = std::min(static_cast<double>(frame_size_.width) / picture.width,
                                  static_cast<double>(frame_size_.height) / picture.height);
    Place place;
    place.size.width = std::min(frame_size_.width, nearestEven(picture.width * scale));
    place.size.height = std::min(frame_size_.height, nearestEven(picture.height * scale));
    place.x = (frame_size_.width - place.size.width) / 4 * 2;
    place.y = (frame_size_.height - place.size.height) / 4 * 2;
    return place;
}

void Canvas::prepareFrame() {
    if (frame_ && av_frame_is_writable(frame_.get()) > 0) return;
    frame_.reset(av_frame_alloc());
    if (!frame_) throw std::bad_alloc();
    frame_->format = format_;
    frame_->width = frame_size_.width;
    frame_->height = frame_size_.height;
    frame_->colorspace = matrix_;
    frame_->color_range = range();
    frame_->color_primaries = AVCOL_PRI_BT709;
    frame_->color_trc = AVCOL_TRC_BT709;
    if (av_frame_get_buffer(frame_.get(), 0) < 0) throw std::bad_alloc();
}

void Canvas::prepareScaler(const PixelsView& picture, const Place& place) {
    const AVPixelFormat from =
        picture.order == PixelsView::Order::kRgb ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_BGR0;
    const std::vector<int> key{picture.size.width, picture.size.height, place.size.width,
                               place.size.height, from};
    if (key == scaler_key_) return;
    scaler_.reset(sws_getContext(
        picture.size.width, picture.size.height, from, place.size.width, place.size.height, format_,
        picture.size == place.size ? SWS_BILINEAR : SWS_BICUBIC, nullptr, nullptr, nullptr));
    if (!scaler_) throw std::bad_alloc();
    const int* table =
        sws_getCoefficients(matrix_ == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    constexpr int kAsItIs = 1 << 16;  // contrast and saturation
    sws_setColorspaceDetails(scaler_.get(), table, 1, table, full_range_ ? 1 : 0, 0, kAsItIs,
                             kAsItIs);
    scaler_key_ = key;
}

void Canvas::convert(const PixelsView& picture, const Place& place) {
    prepareScaler(picture, place);
    std::array<std::uint8_t*, 4> planes{};
    std::array<int, 4> strides{};
    for (std::size_t plane = 0; plane < 3; ++plane) {
        const int shift = plane == 0 ? 0 : 1;
        strides[plane] = frame_->linesize[plane];
        planes[plane] = frame_->data[plane] + std::ptrdiff_t{place.y >> shift} * strides[plane] +
                        (place.x >> shift);
    }
    const std::size_t row_bytes = rowBytes(picture);
    const int before = picture.size.height - kTailRows;
    tail_.resize(kTailRows * row_bytes + kTailPadding_bytes);
    for (int row = 0; row < kTailRows; ++row) {
        std::memcpy(tail_.data() + static_cast<std::size_t>(row) * row_bytes,
                    picture.first + std::ptrdiff_t{before + row} * picture.row_bytes, row_bytes);
    }
    if (before > 0) {
        const int stride = static_cast<int>(picture.row_bytes);
        sws_scale(scaler_.get(), &picture.first, &stride, 0, before, planes.data(), strides.data());
    }
    const std::uint8_t* last_rows = tail_.data();
    const int stride = static_cast<int>(row_bytes);
    sws_scale(scaler_.get(), &last_rows, &stride, before, kTailRows, planes.data(), strides.data());
}

// Also what the converter has written beyond the picture's right edge.
void Canvas::fillBars(const Place& place) {
    for (std::size_t plane = 0; plane < 3; ++plane) {
        const int shift = plane == 0 ? 0 : 1;
        const int black = plane > 0 ? 128 : full_range_ ? 0 : 16;
        const int width = frame_size_.width >> shift;
        const int height = frame_size_.height >> shift;
        const int left = place.x >> shift;
        const int right = (place.x + place.size.width) >> shift;
        const int top = place.y >> shift;
        const int bottom = (place.y + place.size.height) >> shift;
        for (int y = 0; y < height; ++y) {
            std::uint8_t* row = frame_->data[plane] + std::ptrdiff_t{y} * frame_->linesize[plane];
            const auto fill = [&](int from, int to) {
                std::memset(row + from, black, static_cast<std::size_t>(to - from));
            };
            if (y < top || y >= bottom) {
                fill(0, width);
            } else {
                fill(0, left);
                fill(right, width);
            }
        }
    }
}

// Codecs want even sides.
PixelsView Canvas::madeEven(const PixelsView& picture) {
    const SizePx size = even(picture.size);
    if (size == picture.size) return picture;
    PixelsView whole{nullptr, 0, size, picture.order};
    whole.row_bytes = static_cast<std::ptrdiff_t>(rowBytes(whole));
    const std::size_t old_bytes = rowBytes(picture);
    const std::size_t pixel_bytes = bytesPerPixel(picture);
    even_.resize(rowBytes(whole) * static_cast<std::size_t>(size.height));
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* from =
            picture.first + std::min(y, picture.size.height - 1) * picture.row_bytes;
        std::uint8_t* to = even_.data() + static_cast<std::size_t>(y) * rowBytes(whole);
        std::memcpy(to, from, old_bytes);
        if (size.width != picture.size.width)
            std::memcpy(to + old_bytes, from + old_bytes - pixel_bytes, pixel_bytes);
    }
    whole.first = even_.data();
    return whole;
}

}  // namespace overfeat::video
