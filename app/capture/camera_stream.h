// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/capture/camera_decode.h"
#include "app/capture/camera_modes.h"
#include "app/capture/frame_reader.h"
#include "app/capture/v4l2_device.h"

namespace overfeat::capture {

// The V4L2 side of a camera: negotiates a mode, maps the driver's buffers and passes them round.
// Errors are errno values; nothing is thrown and nothing is decoded here.
// Threads: one at a time.
class CameraStream {
public:
    // The smallest number that lets the driver fill one while we read the other: every further
    // buffer is one frame period of delay.
    static constexpr std::uint32_t kBuffers = 2;

    explicit CameraStream(std::unique_ptr<V4l2Device> device) : device_(std::move(device)) {}
    ~CameraStream() { stop(); }
    CameraStream(const CameraStream&) = delete;
    CameraStream& operator=(const CameraStream&) = delete;

    // Opens the node and asks what it is. ENOTSUP: it cannot stream pictures.
    int open(const std::filesystem::path& node);
    const std::string& name() const noexcept { return name_; }

    // Starts in the mode nearest to what is wanted; if the bus has no room for it (ENOSPC), in the
    // next one that takes less. ENODATA: the device has no mode at all now, as a loopback device
    // without a writer.
    int start(SizePx wanted, double wanted_fps);
    void stop() noexcept;
    // What the driver agreed to, which need not be what was asked for.
    const CameraFormat& format() const noexcept { return format_; }
    double fps() const noexcept { return fps_; }
    // Whether the driver has changed its mind since.
    bool formatChanged();

    // A filled buffer. It must be given back before the next one.
    struct Filled {
        std::uint32_t index = 0;
        std::span<const std::uint8_t> bytes;
        bool damaged = false;                    // the driver says so, or it cannot be true
        std::optional<Clock::time_point> taken;  // by the driver's monotonic clock
    };
    // EAGAIN: none within the time. If several are waiting, the newest; older ones are given back.
    int take(int timeout_ms, Filled& filled);
    int giveBack(const Filled& filled);

private:
    struct Buffer {
        void* memory = nullptr;
        std::size_t length = 0;
    };
    int startIn(const CameraMode& mode);
    int setFormat(const CameraMode& mode);
    void setRate(const CameraMode& mode);
    int mapBuffers();
    void unmapBuffers() noexcept;
    int dequeue(Filled& filled);
    int queue(std::uint32_t index);

    std::unique_ptr<V4l2Device> device_;
    std::string name_;
    CameraFormat format_;
    double fps_ = 0;
    std::vector<Buffer> buffers_;
    bool streaming_ = false;
};

}  // namespace overfeat::capture
