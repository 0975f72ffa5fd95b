// SPDX-License-Identifier: Apache-2.0
#include "app/capture/v4l2_device.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace overfeat::capture {
namespace {

class KernelDevice final : public V4l2Device {
public:
    KernelDevice() = default;
    ~KernelDevice() override { KernelDevice::close(); }
    KernelDevice(const KernelDevice&) = delete;
    KernelDevice& operator=(const KernelDevice&) = delete;

    int open(const std::filesystem::path& node) override {
        close();
        file_ = ::open(node.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
        return file_ < 0 ? errno : 0;
    }

    int ioctl(unsigned long request, void* argument) override {
        for (;;) {
            if (::ioctl(file_, request, argument) == 0) return 0;
            if (errno != EINTR) return errno;
        }
    }

    int wait(int timeout_ms) override {
        pollfd entry{.fd = file_, .events = POLLIN, .revents = 0};
        const int count = ::poll(&entry, 1, timeout_ms);
        if (count < 0) return errno == EINTR ? EAGAIN : errno;
        if (count == 0) return EAGAIN;
        if ((entry.revents & (POLLHUP | POLLNVAL)) != 0) return ENODEV;
        // Alone, POLLERR means that nothing is streaming any more; asking again would spin.
        return (entry.revents & POLLIN) != 0 ? 0 : EIO;
    }

    void* map(std::size_t length, std::int64_t offset) override {
        void* memory = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, file_, offset);
        return memory == MAP_FAILED ? nullptr : memory;
    }

    void unmap(void* memory, std::size_t length) noexcept override { ::munmap(memory, length); }

    void close() noexcept override {
        if (file_ >= 0) ::close(std::exchange(file_, -1));
    }

private:
    int file_ = -1;
};

}  // namespace

CameraEnvironment systemCameras() {
    return {.dev = "/dev", .sys = "/sys/class/video4linux", .makeDevice = [] {
                return std::make_unique<KernelDevice>();
            }};
}

}  // namespace overfeat::capture
