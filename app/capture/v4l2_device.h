// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

namespace overfeat::capture {

// The system calls a camera needs, and nothing else, so that tests can put a camera with every
// fault in its place.
//
// Threads: one at a time. Results are 0 or an errno value.
class V4l2Device {
public:
    virtual ~V4l2Device() = default;
    virtual int open(const std::filesystem::path& node) = 0;
    virtual int ioctl(unsigned long request, void* argument) = 0;
    // Waits for a frame: 0 = there may be one, EAGAIN = nothing within the time, else what happened
    // to the device.
    virtual int wait(int timeout_ms) = 0;
    // Maps a buffer of the driver; null if it cannot be.
    virtual void* map(std::size_t length, std::int64_t offset) = 0;
    virtual void unmap(void* memory, std::size_t length) noexcept = 0;
    virtual void close() noexcept = 0;
};

// Where cameras are looked for and how they are talked to; replaced in tests.
struct CameraEnvironment {
    std::filesystem::path dev = "/dev";
    std::filesystem::path sys = "/sys/class/video4linux";
    std::function<std::unique_ptr<V4l2Device>()> makeDevice;
};
CameraEnvironment systemCameras();

}  // namespace overfeat::capture
