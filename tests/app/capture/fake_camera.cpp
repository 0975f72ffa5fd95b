// SPDX-License-Identifier: Apache-2.0
#include "tests/app/capture/fake_camera.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <fstream>
#include <utility>

#include "tests/app/capture/frame_log.h"

namespace overfeat::capture::test {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto kPeriod = std::chrono::milliseconds(10);  // faster than real, to save test time

std::size_t bufferBytes(const FakeCamera::Mode& mode) {
    return mode.format == V4L2_PIX_FMT_MJPEG ? 64 * 1024
                                             : std::size_t{2} * mode.width * mode.height;
}

// A picture of one brightness in the mode's size.
Bytes picture(const FakeCamera::Mode& mode, int brightness) {
    if (mode.format == V4L2_PIX_FMT_YUYV) {
        Bytes bytes(bufferBytes(mode), static_cast<char>(128));
        for (std::size_t i = 0; i < bytes.size(); i += 2)
            bytes[i] = static_cast<char>(brightness);
        return bytes;
    }
    JpegParts parts;
    parts.columns = static_cast<int>(mode.width / 8);
    parts.rows = static_cast<int>(mode.height / 8);
    parts.blocks.assign(
        static_cast<std::size_t>(parts.columns) * static_cast<std::size_t>(parts.rows),
        {brightness, 128, 128});
    return jpegFile(parts);
}

}  // namespace

bool FakeCamera::waitUntilClosed() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [this] { return counts_.open_now == 0; });
}

class FakeDevice final : public V4l2Device {
public:
    using Lookup = std::function<std::shared_ptr<FakeCamera>(const std::filesystem::path&)>;
    explicit FakeDevice(Lookup lookup) : lookup_(std::move(lookup)) {}
    ~FakeDevice() override { FakeDevice::close(); }
    FakeDevice(const FakeDevice&) = delete;
    FakeDevice& operator=(const FakeDevice&) = delete;

    int open(const std::filesystem::path& node) override {
        camera_ = lookup_(node);
        if (!camera_) return ENOENT;
        const auto lock = enter();
        const int error = settings().plugged ? settings().open_error : ENODEV;
        if (error != 0) {
            camera_ = nullptr;
            return error;
        }
        ++camera_->counts_.opens;
        ++camera_->counts_.open_now;
        return 0;
    }

    int ioctl(unsigned long request, void* argument) override {
        const auto lock = enter();
        if (!settings().plugged) return ENODEV;
        switch (request) {
            case VIDIOC_QUERYCAP:
                return answer(*static_cast<v4l2_capability*>(argument));
            case VIDIOC_ENUM_FMT:
                return answer(*static_cast<v4l2_fmtdesc*>(argument));
            case VIDIOC_ENUM_FRAMESIZES:
                return answer(*static_cast<v4l2_frmsizeenum*>(argument));
            case VIDIOC_ENUM_FRAMEINTERVALS:
                return answer(*static_cast<v4l2_frmivalenum*>(argument));
            case VIDIOC_S_FMT:
                return setFormat(*static_cast<v4l2_format*>(argument));
            case VIDIOC_G_FMT:
                return getFormat(*static_cast<v4l2_format*>(argument));
            case VIDIOC_S_PARM:
                return setRate(*static_cast<v4l2_streamparm*>(argument));
            case VIDIOC_REQBUFS:
                return request_(*static_cast<v4l2_requestbuffers*>(argument));
            case VIDIOC_QUERYBUF:
                return query(*static_cast<v4l2_buffer*>(argument));
            case VIDIOC_QBUF:
                return queue(*static_cast<v4l2_buffer*>(argument));
            case VIDIOC_DQBUF:
                return dequeue(*static_cast<v4l2_buffer*>(argument));
            case VIDIOC_STREAMON:
                return start();
            case VIDIOC_STREAMOFF:
                streaming_ = false;
                return 0;  // the buffers are still this device's
            default:
                return ENOTTY;
        }
    }

    int wait(int timeout_ms) override {
        auto lock = enter();
        const auto end = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
        for (;;) {
            if (!settings().plugged) return ENODEV;
            const auto now = SteadyClock::now();
            const bool sends = streaming_ && settings().sends != FakeCamera::Sends::kNothing;
            if (sends && now >= next_frame_ && !queued_.empty()) return 0;
            if (now >= end) return EAGAIN;
            const auto until = sends && !queued_.empty() ? std::min(end, next_frame_) : end;
            camera_->changed_.wait_until(lock, until);
        }
    }

    void* map(std::size_t length, std::int64_t offset) override {
        const auto lock = enter();
        const auto index = static_cast<std::size_t>(offset);
        if (index >= buffers_.size() || length != buffers_[index].size()) return nullptr;
        ++camera_->counts_.mapped_now;
        return buffers_[index].data();
    }

    void unmap(void* memory, std::size_t) noexcept override {
        static_cast<void>(memory);
        const auto lock = enter();
        --camera_->counts_.mapped_now;
    }

    void close() noexcept override {
        if (!camera_) return;
        const auto camera = std::exchange(camera_, nullptr);
        const std::scoped_lock lock(camera->mutex_);
        --camera->counts_.open_now;
        if (camera->streams_to_ == this) camera->streams_to_ = nullptr;
        camera->changed_.notify_all();
    }

private:
    std::unique_lock<std::mutex> enter() {
        std::unique_lock lock(camera_->mutex_);
        camera_->changed_.wait(lock, [this] { return !settings().hang; });
        return lock;
    }
    const FakeCamera::Settings& settings() const { return camera_->settings_; }
    // As with real drivers, whoever has asked for buffers has the camera for himself.
    bool isTaken() const {
        return settings().busy || (camera_->streams_to_ != nullptr && camera_->streams_to_ != this);
    }

    int answer(v4l2_capability& capability) {
        std::strncpy(reinterpret_cast<char*>(capability.card), settings().card.c_str(),
                     sizeof capability.card - 1);
        capability.capabilities = settings().caps | V4L2_CAP_DEVICE_CAPS;
        capability.device_caps = settings().caps;
        return 0;
    }
    // The modes of one format (and size), one of each.
    std::vector<FakeCamera::Mode> modes(std::uint32_t format) const {
        std::vector<FakeCamera::Mode> found;
        for (const auto& mode : settings().modes) {
            if (mode.format == format) found.push_back(mode);
        }
        return found;
    }
    int answer(v4l2_fmtdesc& entry) {
        std::vector<std::uint32_t> formats;
        for (const auto& mode : settings().modes) {
            if (std::find(formats.begin(), formats.end(), mode.format) == formats.end()) {
                formats.push_back(mode.format);
            }
        }
        if (entry.index >= formats.size()) return EINVAL;
        entry.pixelformat = formats[entry.index];
        return 0;
    }
    int answer(v4l2_frmsizeenum& entry) {
        const auto found = modes(entry.pixel_format);
        if (entry.index >= found.size()) return EINVAL;
        entry.type = V4L2_FRMSIZE_TYPE_DISCRETE;
        entry.discrete = {found[entry.index].width, found[entry.index].height};
        return 0;
    }
    int answer(v4l2_frmivalenum& entry) {
        for (const auto& mode : modes(entry.pixel_format)) {
            if (mode.width != entry.width || mode.height != entry.height) continue;
            if (entry.index > 0) return EINVAL;
            entry.type = V4L2_FRMIVAL_TYPE_DISCRETE;
            entry.discrete = {1, mode.fps};
            return 0;
        }
        return EINVAL;
    }
    int setFormat(v4l2_format& format) {
        if (isTaken()) return EBUSY;
        mode_ = settings().modes.front();
        for (const auto& mode : settings().modes) {
            if (!settings().refuses_size && mode.format == format.fmt.pix.pixelformat &&
                mode.width == format.fmt.pix.width && mode.height == format.fmt.pix.height) {
                mode_ = mode;
            }
        }
        fill(format, mode_);
        return 0;
    }
    static void fill(v4l2_format& format, const FakeCamera::Mode& mode) {
        format.fmt.pix.width = mode.width;
        format.fmt.pix.height = mode.height;
        format.fmt.pix.pixelformat = mode.format;
        format.fmt.pix.bytesperline = mode.format == V4L2_PIX_FMT_YUYV ? mode.width * 2 : 0;
    }
    // The camera as it is now, which is what it will send after a change of its modes.
    const FakeCamera::Mode& sending() const {
        for (const auto& mode : settings().modes) {
            if (mode.format == mode_.format && mode.width == mode_.width) return mode_;
        }
        return settings().modes.front();
    }
    int getFormat(v4l2_format& format) {
        fill(format, sending());
        return 0;
    }
    int setRate(v4l2_streamparm& rate) {
        rate.parm.capture.timeperframe = {1, mode_.fps};
        camera_->counts_.taken_fps = mode_.fps;
        return 0;
    }
    int request_(v4l2_requestbuffers& wanted) {
        if (isTaken()) return EBUSY;
        buffers_.assign(wanted.count, Bytes(bufferBytes(mode_), '\0'));
        queued_.clear();
        camera_->streams_to_ = wanted.count > 0 ? this : nullptr;
        if (wanted.count > 0) camera_->counts_.buffers = wanted.count;
        return 0;
    }
    int query(v4l2_buffer& buffer) {
        if (buffer.index >= buffers_.size()) return EINVAL;
        buffer.length = static_cast<std::uint32_t>(buffers_[buffer.index].size());
        buffer.m.offset = buffer.index;
        return 0;
    }
    int queue(const v4l2_buffer& buffer) {
        queued_.push_back(buffer.index);
        return 0;
    }
    int start() {
        const double needed = static_cast<double>(bufferBytes(mode_)) * mode_.fps;
        if (settings().bus_bytes_per_s > 0 && needed > settings().bus_bytes_per_s) return ENOSPC;
        streaming_ = true;
        next_frame_ = SteadyClock::now() + kPeriod;
        return 0;
    }

    int dequeue(v4l2_buffer& buffer) {
        using Sends = FakeCamera::Sends;
        if (settings().dequeue_error != 0) return settings().dequeue_error;
        if (SteadyClock::now() < next_frame_ || queued_.empty()) return EAGAIN;
        next_frame_ = SteadyClock::now() + kPeriod;
        buffer.index = queued_.front();
        queued_.pop_front();
        Bytes bytes = picture(sending(), settings().brightness);
        buffer.flags = 0;
        switch (settings().sends) {
            case Sends::kGarbage:
                bytes.assign(500, '\x5A');
                break;
            case Sends::kCutJpeg:
            case Sends::kShort:
                bytes.resize(bytes.size() / 3);
                break;
            case Sends::kZeroBytes:
                bytes.clear();
                break;
            case Sends::kFlagged:
                buffer.flags = V4L2_BUF_FLAG_ERROR;
                break;
            default:
                break;
        }
        Bytes& memory = buffers_[buffer.index];
        bytes.resize(std::min(bytes.size(), memory.size()));
        std::copy(bytes.begin(), bytes.end(), memory.begin());
        buffer.bytesused = static_cast<std::uint32_t>(bytes.size());
        stamp(buffer);
        return 0;
    }

    void stamp(v4l2_buffer& buffer) {
        using Clocking = FakeCamera::Clocking;
        auto at = SteadyClock::now() - std::chrono::milliseconds(4);
        ++stamps_;
        switch (settings().clocking) {
            case Clocking::kFuture:
                at += std::chrono::hours(1);
                break;
            case Clocking::kBackwards:
                at -= std::chrono::milliseconds(20 * (stamps_ % 7));
                break;
            case Clocking::kAncient:
                at = SteadyClock::time_point(std::chrono::seconds(5));
                break;
            default:
                break;
        }
        if (settings().clocking != Clocking::kOtherClock) {
            buffer.flags |= V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
        }
        const auto since =
            std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch());
        buffer.timestamp.tv_sec = since.count() / 1'000'000;
        buffer.timestamp.tv_usec = since.count() % 1'000'000;
    }

    Lookup lookup_;
    std::shared_ptr<FakeCamera> camera_;
    FakeCamera::Mode mode_;
    std::vector<Bytes> buffers_;
    std::deque<std::uint32_t> queued_;
    bool streaming_ = false;
    SteadyClock::time_point next_frame_;
    int stamps_ = 0;
};

FakeDev::FakeDev(std::filesystem::path root) : root_(std::move(root)) {}

void FakeDev::plug(const std::string& node, const std::shared_ptr<FakeCamera>& camera,
                   const std::string& by_id) {
    const auto path = root_ / node;
    {
        const std::scoped_lock lock(*mutex_);
        (*cameras_)[path] = camera;
    }
    camera->set([](FakeCamera::Settings& settings) { settings.plugged = true; });
    if (!by_id.empty()) {
        std::filesystem::create_directories(root_ / "v4l" / "by-id");
        std::filesystem::create_symlink("../../" + node, root_ / "v4l" / "by-id" / by_id);
    }
    std::ofstream(path).put('\n');
}

void FakeDev::unplug(const std::string& node, const std::string& by_id) {
    if (!by_id.empty()) std::filesystem::remove(root_ / "v4l" / "by-id" / by_id);
    std::filesystem::remove(root_ / node);
    const std::scoped_lock lock(*mutex_);
    cameras_->at(root_ / node)->set([](FakeCamera::Settings& s) { s.plugged = false; });
    cameras_->erase(root_ / node);
}

CameraEnvironment FakeDev::environment() const {
    CameraEnvironment environment;
    environment.dev = root_;
    environment.sys = root_ / "sys";
    environment.makeDevice = [mutex = mutex_, cameras = cameras_] {
        return std::make_unique<FakeDevice>([=](const std::filesystem::path& node) {
            const std::scoped_lock lock(*mutex);
            const auto found = cameras->find(node);
            return found == cameras->end() ? nullptr : found->second;
        });
    };
    return environment;
}

}  // namespace overfeat::capture::test
