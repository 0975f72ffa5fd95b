// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <opencv2/videoio.hpp>
#include <utility>

#include "app/capture/pixels.h"
#include "app/capture/readers.h"
#include "engine/core/label_set.h"

namespace overfeat::capture {
namespace {

class StreamReader final : public FrameReader {
public:
    StreamReader(std::string url, bool loop, double timeout_s)
        : url_(std::move(url)), name_(shownUrl(url_)), loop_(loop), timeout_s_(timeout_s) {}

    std::variant<Opened, Trouble> open(std::stop_token) override {
        quietDecoders();
        const int timeout_ms = static_cast<int>(timeout_s_ * 1000);
        const auto start = Clock::now();
        if (!stream_.open(url_, cv::CAP_FFMPEG,
                          {cv::CAP_PROP_OPEN_TIMEOUT_MSEC, timeout_ms,
                           cv::CAP_PROP_READ_TIMEOUT_MSEC, timeout_ms})) {
            return Trouble{refusal(Clock::now() - start), Retry::kBackOff};
        }
        index_ = 0;
        const double fps = stream_.get(cv::CAP_PROP_FPS);
        const double count = stream_.get(cv::CAP_PROP_FRAME_COUNT);
        // A file on a web server has an end and would arrive as fast as the line allows.
        finite_ = std::isfinite(count) && count > 0;
        fps_ = std::isfinite(fps) && fps > 0 && fps <= 1000 ? fps : 25;
        return Opened{.name = name_,
                      .size = {static_cast<int>(stream_.get(cv::CAP_PROP_FRAME_WIDTH)),
                               static_cast<int>(stream_.get(cv::CAP_PROP_FRAME_HEIGHT))},
                      .fps = fps_,
                      .length = finite_ ? static_cast<std::int64_t>(count) : -1,
                      .live = !finite_};
    }

    Reading read(FramePool& pool, Clock::time_point, std::stop_token) override {
        Reading reading;
        if (!stream_.read(bgr_) || bgr_.empty()) {
            if (finite_ && index_ > 0 && !loop_) {
                reading.outcome = Reading::Outcome::kEnd;
            } else {
                reading.outcome = Reading::Outcome::kTrouble;
                reading.trouble = {"The stream " + name_ +
                                       " ended or its connection broke; it is opened again by "
                                       "itself.",
                                   Retry::kBackOff};
            }
            return reading;
        }
        reading.outcome = Reading::Outcome::kFrame;
        reading.frame = pool.take({bgr_.cols, bgr_.rows});
        copyPixels(bgr_, reading.frame->image);
        reading.frame->captured = Clock::now();
        reading.frame->name = name_;
        reading.frame->index = finite_ ? index_ : -1;
        if (finite_) reading.due_s = due_s_ += 1 / fps_;
        ++index_;
        return reading;
    }

    void close() noexcept override { stream_.release(); }

private:
    std::string refusal(Clock::duration taken) const {
        if (std::chrono::duration<double>(taken).count() > 0.9 * timeout_s_) {
            return "The stream " + name_ + " does not answer; check the address and the network.";
        }
        return "The stream " + name_ +
               " cannot be opened: nothing listens there, or it is no video; check the address.";
    }

    std::string url_;
    std::string name_;
    bool loop_;
    double timeout_s_;
    cv::VideoCapture stream_;
    cv::Mat bgr_;
    bool finite_ = false;
    double fps_ = 25;
    double due_s_ = 0;
    std::int64_t index_ = 0;
};

}  // namespace

std::string shownUrl(const std::string& url) {
    const std::size_t host = url.find("://") + 3;
    const std::size_t host_end = url.find_first_of("/?#", host);
    const std::size_t at = url.rfind('@', host_end);
    if (at == std::string::npos || at < host) return sanitisedLabel(url);
    return sanitisedLabel(url.substr(0, host) + url.substr(at + 1));
}

std::unique_ptr<FrameReader> makeStreamReader(std::string url, bool loop, double timeout_s) {
    return std::make_unique<StreamReader>(std::move(url), loop, timeout_s);
}

}  // namespace overfeat::capture
