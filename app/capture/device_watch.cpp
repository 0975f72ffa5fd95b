// SPDX-License-Identifier: Apache-2.0
#include "app/capture/device_watch.h"

#include <libudev.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "app/capture/source.h"

namespace overfeat::capture {
namespace {

// A camera brings several nodes and links; they are one event.
constexpr int kQuiet_ms = 150;

struct UdevRelease {
    void operator()(udev* context) const { udev_unref(context); }
    void operator()(udev_monitor* monitor) const { udev_monitor_unref(monitor); }
};

// The monitor of video devices, or null where there is no udev.
class Udev {
public:
    Udev() : context_(udev_new()) {
        if (!context_) return;
        monitor_.reset(udev_monitor_new_from_netlink(context_.get(), "udev"));
        if (!monitor_) return;
        udev_monitor_filter_add_match_subsystem_devtype(monitor_.get(), "video4linux", nullptr);
        if (udev_monitor_enable_receiving(monitor_.get()) < 0) monitor_.reset();
    }
    int descriptor() const { return monitor_ ? udev_monitor_get_fd(monitor_.get()) : -1; }
    void drain() {
        while (udev_device* device = udev_monitor_receive_device(monitor_.get())) {
            udev_device_unref(device);
        }
    }

private:
    std::unique_ptr<udev, UdevRelease> context_;
    std::unique_ptr<udev_monitor, UdevRelease> monitor_;
};

// True if one of the events waiting is about a video node.
bool drainInotify(int files) {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    bool about_video = false;
    for (;;) {
        const ssize_t count = ::read(files, buffer.data(), buffer.size());
        if (count <= 0) return about_video;
        for (const char* at = buffer.data(); at < buffer.data() + count;) {
            const auto* event = reinterpret_cast<const inotify_event*>(at);
            const bool lost_events = (event->mask & IN_Q_OVERFLOW) != 0;
            const std::string_view name = event->len > 0 ? event->name : "";
            about_video = about_video || lost_events || name.starts_with("video");
            at += sizeof(inotify_event) + event->len;
        }
    }
}

}  // namespace

DeviceWatch::DeviceWatch(std::filesystem::path dev, std::function<void()> changed)
    : dev_(std::move(dev)),
      changed_(std::move(changed)),
      wake_(::eventfd(0, EFD_CLOEXEC)),
      files_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    // Watching begins before the constructor returns, so that nothing is missed after it.
    ::inotify_add_watch(files_, dev_.c_str(),
                        IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB);
    thread_ = std::thread([this] { run(); });
}

DeviceWatch::~DeviceWatch() {
    const std::uint64_t one = 1;
    // An eventfd that is full has been written to already.
    static_cast<void>(::write(wake_, &one, sizeof one) < 0);
    thread_.join();
    ::close(files_);
    ::close(wake_);
}

void DeviceWatch::run() {
    Udev udev;
    // poll() ignores negative descriptors.
    std::array<pollfd, 3> entries = {pollfd{wake_, POLLIN, 0}, pollfd{files_, POLLIN, 0},
                                     pollfd{udev.descriptor(), POLLIN, 0}};
    bool pending = false;
    for (;;) {
        const int count = ::poll(entries.data(), entries.size(), pending ? kQuiet_ms : -1);
        if (count < 0 && errno != EINTR) return;
        if (count < 0) continue;
        if (entries[0].revents != 0) return;
        if (count == 0) {
            pending = false;
            changed_();
            continue;
        }
        if (entries[1].revents != 0 && drainInotify(files_)) pending = true;
        if (entries[2].revents != 0) {
            udev.drain();
            pending = true;
        }
    }
}

class CameraWatcher::Implementation {
public:
    explicit Implementation(std::function<void()> changed) : watch_("/dev", std::move(changed)) {}

private:
    DeviceWatch watch_;
};

CameraWatcher::CameraWatcher(std::function<void()> changed)
    : implementation_(std::make_unique<Implementation>(std::move(changed))) {}

CameraWatcher::~CameraWatcher() = default;

}  // namespace overfeat::capture
