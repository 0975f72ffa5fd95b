// SPDX-License-Identifier: Apache-2.0
#include "app/capture/camera_stream.h"

#include <linux/videodev2.h>
#include <string.h>  // strnlen

#include <cerrno>
#include <cmath>
#include <utility>

#include "engine/core/label_set.h"

namespace overfeat::capture {
namespace {

constexpr std::uint32_t kType = V4L2_BUF_TYPE_VIDEO_CAPTURE;
constexpr std::uint32_t kMostBuffers = 32;
// 100 megapixels of 24 bits: whatever a driver says, more is not mapped.
constexpr std::size_t kMostBufferBytes = std::size_t{300} << 20;

v4l2_buffer bufferRequest(std::uint32_t index) {
    v4l2_buffer request{};
    request.index = index;
    request.type = kType;
    request.memory = V4L2_MEMORY_MMAP;
    return request;
}

CameraFormat agreed(const v4l2_format& format) {
    const auto& picture = format.fmt.pix;
    return {.format = picture.pixelformat,
            .size = {static_cast<int>(picture.width), static_cast<int>(picture.height)},
            .row_bytes = isCompressed(picture.pixelformat) ? 0 : picture.bytesperline};
}

}  // namespace

int CameraStream::open(const std::filesystem::path& node) {
    name_ = node.filename().string();
    if (const int error = device_->open(node)) return error;
    v4l2_capability capability{};
    if (const int error = device_->ioctl(VIDIOC_QUERYCAP, &capability)) return error;
    const auto* card = reinterpret_cast<const char*>(capability.card);
    name_ = sanitisedLabel({card, ::strnlen(card, sizeof capability.card)});
    const std::uint32_t abilities = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0
                                        ? capability.device_caps
                                        : capability.capabilities;
    constexpr std::uint32_t kNeeded = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    return (abilities & kNeeded) == kNeeded ? 0 : ENOTSUP;
}

int CameraStream::start(SizePx wanted, double wanted_fps) {
    const auto modes = nearestModes(cameraModes(*device_, wanted), wanted, wanted_fps);
    int error = ENODATA;
    double room = HUGE_VAL;
    for (const CameraMode& mode : modes) {
        if (bytesPerSecond(mode) >= room) continue;
        error = startIn(mode);
        if (error == 0) return 0;
        stop();
        // A refused mode is followed by the next one; a device that is busy or gone stays so.
        if (error != ENOSPC && error != EINVAL) return error;
        if (error == ENOSPC) room = bytesPerSecond(mode);
    }
    return error;
}

int CameraStream::startIn(const CameraMode& mode) {
    if (const int error = setFormat(mode)) return error;
    setRate(mode);
    if (const int error = mapBuffers()) return error;
    for (std::uint32_t i = 0; i < buffers_.size(); ++i) {
        if (const int error = queue(i)) return error;
    }
    std::uint32_t type = kType;
    const int error = device_->ioctl(VIDIOC_STREAMON, &type);
    streaming_ = error == 0;
    return error;
}

int CameraStream::setFormat(const CameraMode& mode) {
    v4l2_format format{};
    format.type = kType;
    format.fmt.pix.width = static_cast<std::uint32_t>(mode.size.width);
    format.fmt.pix.height = static_cast<std::uint32_t>(mode.size.height);
    format.fmt.pix.pixelformat = mode.format;
    format.fmt.pix.field = V4L2_FIELD_ANY;
    if (const int error = device_->ioctl(VIDIOC_S_FMT, &format)) return error;
    format_ = agreed(format);
    return canDecode(format_.format) ? 0 : EINVAL;
}

void CameraStream::setRate(const CameraMode& mode) {
    fps_ = mode.fps;
    if (mode.fps <= 0) return;
    v4l2_streamparm rate{};
    rate.type = kType;
    rate.parm.capture.timeperframe = {1000,
                                      static_cast<std::uint32_t>(std::lround(mode.fps * 1000))};
    // Not every driver can; the measured rate is what is shown.
    if (device_->ioctl(VIDIOC_S_PARM, &rate) != 0) return;
    const v4l2_fract& period = rate.parm.capture.timeperframe;
    if (period.numerator > 0) fps_ = static_cast<double>(period.denominator) / period.numerator;
}

int CameraStream::mapBuffers() {
    v4l2_requestbuffers request{};
    request.count = kBuffers;
    request.type = kType;
    request.memory = V4L2_MEMORY_MMAP;
    if (const int error = device_->ioctl(VIDIOC_REQBUFS, &request)) return error;
    if (request.count == 0 || request.count > kMostBuffers) return ENOMEM;
    for (std::uint32_t i = 0; i < request.count; ++i) {
        v4l2_buffer buffer = bufferRequest(i);
        if (const int error = device_->ioctl(VIDIOC_QUERYBUF, &buffer)) return error;
        if (buffer.length == 0 || buffer.length > kMostBufferBytes) return ENOMEM;
        void* memory = device_->map(buffer.length, buffer.m.offset);
        if (memory == nullptr) return ENOMEM;
        buffers_.push_back({memory, buffer.length});
    }
    return 0;
}

void CameraStream::unmapBuffers() noexcept {
    for (const Buffer& buffer : std::exchange(buffers_, {})) {
        device_->unmap(buffer.memory, buffer.length);
    }
}

void CameraStream::stop() noexcept {
    if (streaming_) {
        std::uint32_t type = kType;
        device_->ioctl(VIDIOC_STREAMOFF, &type);
        streaming_ = false;
    }
    if (buffers_.empty()) return;
    unmapBuffers();
    v4l2_requestbuffers none{};
    none.type = kType;
    none.memory = V4L2_MEMORY_MMAP;
    device_->ioctl(VIDIOC_REQBUFS, &none);
}

bool CameraStream::formatChanged() {
    v4l2_format format{};
    format.type = kType;
    return device_->ioctl(VIDIOC_G_FMT, &format) == 0 && agreed(format) != format_;
}

int CameraStream::queue(std::uint32_t index) {
    v4l2_buffer buffer = bufferRequest(index);
    return device_->ioctl(VIDIOC_QBUF, &buffer);
}

int CameraStream::dequeue(Filled& filled) {
    v4l2_buffer buffer = bufferRequest(0);
    if (const int error = device_->ioctl(VIDIOC_DQBUF, &buffer)) return error;
    if (buffer.index >= buffers_.size()) return EIO;
    const Buffer& mapped = buffers_[buffer.index];
    filled = {};
    filled.index = buffer.index;
    filled.damaged = (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0 || buffer.bytesused == 0 ||
                     buffer.bytesused > mapped.length;
    if (!filled.damaged) {
        filled.bytes = {static_cast<const std::uint8_t*>(mapped.memory), buffer.bytesused};
    }
    if ((buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) {
        // The steady clock of libstdc++ on Linux is CLOCK_MONOTONIC.
        filled.taken = Clock::time_point(std::chrono::seconds(buffer.timestamp.tv_sec) +
                                         std::chrono::microseconds(buffer.timestamp.tv_usec));
    }
    return 0;
}

int CameraStream::take(int timeout_ms, Filled& filled) {
    if (const int error = device_->wait(timeout_ms)) return error;
    if (const int error = dequeue(filled)) return error;
    for (std::size_t i = 1; i < buffers_.size() && device_->wait(0) == 0; ++i) {
        Filled newer;
        if (dequeue(newer) != 0) break;
        const Filled older = std::exchange(filled, newer);
        if (const int error = giveBack(older)) return error;
    }
    return 0;
}

int CameraStream::giveBack(const Filled& filled) {
    return queue(filled.index);
}

}  // namespace overfeat::capture
