// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <thread>

namespace overfeat::capture {

// Calls `changed` on its own thread when video devices come or go, once for a burst of events.
//
// Asks udev, which speaks after it has made the names under v4l/by-id, and watches the device
// folder itself for machines without udev (containers).
class DeviceWatch {
public:
    DeviceWatch(std::filesystem::path dev, std::function<void()> changed);
    ~DeviceWatch();  // nothing is called afterwards
    DeviceWatch(const DeviceWatch&) = delete;
    DeviceWatch& operator=(const DeviceWatch&) = delete;

private:
    void run();

    std::filesystem::path dev_;
    std::function<void()> changed_;
    int wake_ = -1;   // an eventfd: stop
    int files_ = -1;  // inotify
    std::thread thread_;
};

}  // namespace overfeat::capture
