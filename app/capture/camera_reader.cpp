// SPDX-License-Identifier: Apache-2.0
#include "app/capture/camera_reader.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "app/capture/camera_list.h"
#include "app/capture/camera_stream.h"
#include "app/capture/capture_clock.h"
#include "engine/core/label_set.h"

namespace overfeat::capture {
namespace {

// A stop request is noticed within this time.
constexpr std::chrono::milliseconds kSlice{100};
// A node that has just appeared may be closed to us until udev has seen to its permissions. So many
// times it is tried again at the next look, which comes a few times per second.
constexpr int kTriesWhileNew = 4;

class CameraReader final : public FrameReader {
public:
    CameraReader(std::string id, const SourceOptions& options, CameraEnvironment environment)
        : id_(std::move(id)),
          wanted_(options.wanted),
          wanted_fps_(options.wanted_fps),
          environment_(std::move(environment)) {}

    std::variant<Opened, Trouble> open(std::stop_token) override {
        const auto node = findCamera(environment_, id_);
        was_present_ = !node.empty();
        not_ready_ = false;
        if (node.empty()) return absent();
        // From here on this camera is meant, also if it comes back as another node.
        if (id_.empty() || id_.find('/') != std::string::npos) id_ = cameraId(environment_, node);
        stream_ = std::make_unique<CameraStream>(environment_.makeDevice());
        if (const int error = stream_->open(node)) return refused(error);
        name_ = stream_->name();
        if (const int error = stream_->start(wanted_, wanted_fps_)) return refused(error);
        tries_while_new_ = 0;
        return Opened{
            .name = name_, .size = stream_->format().size, .fps = stream_->fps(), .live = true};
    }

    Reading read(FramePool& pool, Clock::time_point deadline, std::stop_token stop) override {
        Reading reading;
        CameraStream::Filled filled;
        int error = EAGAIN;
        while (error == EAGAIN && !stop.stop_requested() && Clock::now() < deadline) {
            error = stream_->take(static_cast<int>(kSlice.count()), filled);
        }
        if (error == EAGAIN) return reading;
        if (error != 0) return lost(error);
        const auto arrival = Clock::now();
        if (!filled.damaged) {
            reading.frame = decodeCameraFrame(stream_->format(), filled.bytes, pool);
        }
        if (const int give_back_error = stream_->giveBack(filled)) return lost(give_back_error);
        if (!reading.frame) return damaged();
        reading.outcome = Reading::Outcome::kFrame;
        reading.frame->captured = clock_.taken(filled.taken, arrival);
        reading.frame->name = name_;
        return reading;
    }

    void close() noexcept override { stream_.reset(); }

    bool worthRetryingNow() override {
        const bool present = !findCamera(environment_, id_).empty();
        const bool was_present = std::exchange(was_present_, present);
        if (!present) tries_while_new_ = kTriesWhileNew;
        return present && (!was_present || std::exchange(not_ready_, false));
    }

private:
    Trouble absent() {
        tries_while_new_ = kTriesWhileNew;
        if (id_.empty()) {
            return {"No camera is connected; plug one in or choose another source.",
                    Retry::kBackOff};
        }
        return {cameraTrouble(name_.empty() ? sanitisedLabel(id_) : name_, ENODEV),
                Retry::kBackOff};
    }

    Trouble refused(int error) {
        const std::string name = stream_->name();
        stream_.reset();
        const int tries_left = std::exchange(tries_while_new_, 0);
        switch (error) {
            case ENOTSUP:
                return {"'" + name + "' is no camera that sends pictures; choose another source.",
                        Retry::kNever};
            case ENODATA:
                return {"The camera '" + name +
                            "' sends no signal that can be shown; start what feeds it, or choose "
                            "another source.",
                        Retry::kBackOff};
            case EACCES:
            case EPERM:
                if (tries_left > 0) {
                    tries_while_new_ = tries_left - 1;
                    not_ready_ = true;
                    return {"The camera '" + name +
                                "' has just been plugged in and is not ready yet; it is opened "
                                "again by itself.",
                            Retry::kBackOff};
                }
                return {cameraTrouble(name, error), Retry::kSlowly};
            default:
                return {cameraTrouble(name, error), Retry::kBackOff};
        }
    }

    Reading lost(int error) {
        was_present_ = !findCamera(environment_, id_).empty();
        Reading reading;
        reading.outcome = Reading::Outcome::kTrouble;
        reading.trouble = {cameraTrouble(name_, error), Retry::kBackOff};
        return reading;
    }

    Reading damaged() {
        Reading reading;
        reading.outcome = Reading::Outcome::kDamaged;
        if (stream_->formatChanged()) {
            reading.outcome = Reading::Outcome::kTrouble;
            reading.trouble = {"The camera '" + name_ +
                                   "' changed its picture format; it is opened again by itself.",
                               Retry::kBackOff};
        }
        return reading;
    }

    std::string id_;
    SizePx wanted_;
    double wanted_fps_;
    CameraEnvironment environment_;
    std::unique_ptr<CameraStream> stream_;
    CaptureClock clock_;
    std::string name_;
    bool was_present_ = false;
    int tries_while_new_ = 0;
    bool not_ready_ = false;
};

}  // namespace

std::unique_ptr<FrameReader> makeCameraReader(std::string id, const SourceOptions& options,
                                              CameraEnvironment environment) {
    return std::make_unique<CameraReader>(std::move(id), options, std::move(environment));
}

}  // namespace overfeat::capture
