// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/videodev2.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/capture/v4l2_device.h"
#include "tests/app/capture/made_files.h"

namespace overfeat::capture::test {

// A camera in memory behind V4l2Device, with every fault a test asks for. One object stands for the
// hardware and is shared by all devices opened on its node.
class FakeCamera {
public:
    struct Mode {
        std::uint32_t format = V4L2_PIX_FMT_MJPEG;
        std::uint32_t width = 640;
        std::uint32_t height = 480;
        std::uint32_t fps = 30;
    };
    enum class Sends { kFrames, kNothing, kGarbage, kCutJpeg, kShort, kZeroBytes, kFlagged };
    enum class Clocking { kDriver, kFuture, kBackwards, kAncient, kOtherClock };

    // What a test sets; guarded by the mutex through set().
    struct Settings {
        std::string card = "Fake Cam 3000";
        std::uint32_t caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        std::vector<Mode> modes = {{}};
        Sends sends = Sends::kFrames;
        Clocking clocking = Clocking::kDriver;
        bool plugged = true;
        bool busy = false;  // EBUSY from S_FMT on
        int open_error = 0;
        int dequeue_error = 0;
        double bus_bytes_per_s = 0;  // ENOSPC beyond; 0 = no limit
        bool hang = false;           // every call blocks until it is cleared
        bool refuses_size = false;   // S_FMT answers with the first mode, whatever was asked
        int brightness = 100;
    };

    template <class Change>
    void set(Change change) {
        const std::scoped_lock lock(mutex_);
        change(settings_);
        changed_.notify_all();
    }

    struct Counts {
        int opens = 0;
        int open_now = 0;
        int mapped_now = 0;
        std::uint32_t buffers = 0;
        std::uint32_t taken_fps = 0;
    };
    Counts counts() const {
        const std::scoped_lock lock(mutex_);
        return counts_;
    }
    bool waitUntilClosed();

private:
    friend class FakeDevice;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Settings settings_;
    Counts counts_;
    const void* streams_to_ = nullptr;  // the device that may have the buffers
};

// A folder like /dev with fake cameras in it.
class FakeDev {
public:
    explicit FakeDev(std::filesystem::path root);
    // Makes the node and, with a name, its link under v4l/by-id.
    void plug(const std::string& node, const std::shared_ptr<FakeCamera>& camera,
              const std::string& by_id = {});
    void unplug(const std::string& node, const std::string& by_id = {});
    CameraEnvironment environment() const;

private:
    using Cameras = std::map<std::filesystem::path, std::shared_ptr<FakeCamera>>;
    std::filesystem::path root_;
    std::shared_ptr<std::mutex> mutex_ = std::make_shared<std::mutex>();
    std::shared_ptr<Cameras> cameras_ = std::make_shared<Cameras>();
};

}  // namespace overfeat::capture::test
