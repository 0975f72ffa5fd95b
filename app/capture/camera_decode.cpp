// SPDX-License-Identifier: Apache-2.0
#include "app/capture/camera_decode.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "app/capture/picture_decoder.h"
#include "app/capture/pixels.h"

namespace overfeat::capture {
namespace {

struct RawFormat {
    std::uint32_t format;
    int type;           // of one packed row, or of the planes as OpenCV stacks them
    int bytes_per_row;  // per pixel of width
    bool planar;        // half as many rows of colour below the luma
    int conversion;     // to RGB; -1 = copy
};

constexpr std::array<RawFormat, 8> kRawFormats = {{
    {V4L2_PIX_FMT_YUYV, CV_8UC2, 2, false, cv::COLOR_YUV2RGB_YUYV},
    {V4L2_PIX_FMT_UYVY, CV_8UC2, 2, false, cv::COLOR_YUV2RGB_UYVY},
    {V4L2_PIX_FMT_NV12, CV_8UC1, 1, true, cv::COLOR_YUV2RGB_NV12},
    {V4L2_PIX_FMT_YUV420, CV_8UC1, 1, true, cv::COLOR_YUV2RGB_I420},
    {V4L2_PIX_FMT_YVU420, CV_8UC1, 1, true, cv::COLOR_YUV2RGB_YV12},
    {V4L2_PIX_FMT_RGB24, CV_8UC3, 3, false, -1},
    {V4L2_PIX_FMT_BGR24, CV_8UC3, 3, false, cv::COLOR_BGR2RGB},
    {V4L2_PIX_FMT_GREY, CV_8UC1, 1, false, cv::COLOR_GRAY2RGB},
}};

const RawFormat* rawFormat(std::uint32_t format) noexcept {
    const auto found = std::find_if(kRawFormats.begin(), kRawFormats.end(),
                                    [=](const RawFormat& raw) { return raw.format == format; });
    return found == kRawFormats.end() ? nullptr : &*found;
}

// OpenCV has no read-only header; the source is only read.
cv::Mat wrap(int rows, int columns, int type, std::span<const std::uint8_t> bytes,
             std::size_t row_bytes) {
    return {rows, columns, type, const_cast<std::uint8_t*>(bytes.data()), row_bytes};
}

// Cameras pad their buffers, so something may follow. libvips notices most that is cut off, but not
// always what lacks only its last bytes.
bool hasEnd(std::span<const std::uint8_t> jpeg) {
    constexpr std::array<std::uint8_t, 2> kEndOfImage{0xFF, 0xD9};
    return std::search(jpeg.begin(), jpeg.end(), kEndOfImage.begin(), kEndOfImage.end()) !=
           jpeg.end();
}

std::shared_ptr<Frame> decodeJpeg(std::span<const std::uint8_t> bytes, FramePool& pool) {
    if (sniffPicture(bytes) != PictureKind::kJpeg || !hasEnd(bytes)) return nullptr;
    try {
        PictureDecoder jpeg(bytes, PictureKind::kJpeg, Strictness::kCutOff);
        if (jpeg.width() > Image::kMaxPixels / jpeg.height()) return nullptr;
        auto frame = pool.take({static_cast<int>(jpeg.width()), static_cast<int>(jpeg.height())});
        jpeg.decode(frame->image);
        return frame;
    } catch (const DecodeFailure&) {
        return nullptr;
    }
}

}  // namespace

bool isCompressed(std::uint32_t format) noexcept {
    return format == V4L2_PIX_FMT_MJPEG || format == V4L2_PIX_FMT_JPEG;
}

bool canDecode(std::uint32_t format) noexcept {
    return isCompressed(format) || rawFormat(format) != nullptr;
}

double bytesPerPixel(std::uint32_t format) noexcept {
    const RawFormat* raw = rawFormat(format);
    if (raw == nullptr) return 0;
    return raw->planar ? 1.5 : raw->bytes_per_row;
}

std::shared_ptr<Frame> decodeCameraFrame(const CameraFormat& format,
                                         std::span<const std::uint8_t> bytes, FramePool& pool) {
    if (isCompressed(format.format)) return decodeJpeg(bytes, pool);
    const RawFormat* raw = rawFormat(format.format);
    const auto [width, height] = format.size;
    if (raw == nullptr || format.size.empty()) return nullptr;
    // Half-size colour planes need even sizes.
    if (raw->planar && (width % 2 != 0 || height % 2 != 0)) return nullptr;
    const std::size_t least =
        static_cast<std::size_t>(width) * static_cast<std::size_t>(raw->bytes_per_row);
    const std::size_t row_bytes = std::max<std::size_t>(format.row_bytes, least);
    const int rows = raw->planar ? height / 2 * 3 : height;
    // The last row need not be padded.
    if (bytes.size() < row_bytes * static_cast<std::size_t>(rows - 1) + least) return nullptr;
    auto frame = pool.take(format.size);
    cv::Mat rgb(height, width, CV_8UC3, frame->image.row(0), frame->image.rowBytes());
    cv::Mat sent = wrap(rows, width, raw->type, bytes, row_bytes);
    // Three separate planes cannot be described with padded rows.
    if (raw->planar && raw->conversion != cv::COLOR_YUV2RGB_NV12 && row_bytes != least) {
        return nullptr;
    }
    if (raw->conversion < 0) {
        sent.copyTo(rgb);
    } else {
        cv::cvtColor(sent, rgb, raw->conversion);
    }
    return frame;
}

}  // namespace overfeat::capture
