// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <opencv2/videoio.hpp>
#include <string>
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
        const auto start = Clock::now();
        if (!startAnew()) return Trouble{refusal(Clock::now() - start), Retry::kBackOff};
        return Opened{.name = name_,
                      .size = {static_cast<int>(stream_.get(cv::CAP_PROP_FRAME_WIDTH)),
                               static_cast<int>(stream_.get(cv::CAP_PROP_FRAME_HEIGHT))},
                      .fps = fps_,
                      .length = length_,
                      .live = length_ < 0};
    }

    Reading read(FramePool& pool, Clock::time_point, std::stop_token) override {
        if (next()) return shown(pool);
        if (index_ == 0) return brokenOff();
        if (index_ == 1 && length_ <= 1) return afterTheOnlyFrame(pool);
        if (length_ > 0 && !loop_) return ended();
        if (length_ < 0 || isCutOff()) return brokenOff();
        return startAnew() && next() ? shown(pool) : brokenOff();
    }

    void close() noexcept override {
        stream_.release();
        held_.release();
    }

private:
    bool startAnew() {
        const int timeout_ms = static_cast<int>(timeout_s_ * 1000);
        held_.release();
        rested_ = false;
        index_ = 0;
        if (!stream_.open(url_, cv::CAP_FFMPEG,
                          {cv::CAP_PROP_OPEN_TIMEOUT_MSEC, timeout_ms,
                           cv::CAP_PROP_READ_TIMEOUT_MSEC, timeout_ms})) {
            return false;
        }
        const double fps = stream_.get(cv::CAP_PROP_FPS);
        const double count = stream_.get(cv::CAP_PROP_FRAME_COUNT);
        // A file on a web server has an end and would arrive as fast as the line allows.
        const bool finite = std::isfinite(count) && count >= 1 && count < 1e12;
        length_ = finite ? static_cast<std::int64_t>(count) : -1;
        fps_ = std::isfinite(fps) && fps > 0 && fps <= 1000 ? fps : 25;
        if (length_ == 1) is_picture_ = true;
        return true;
    }

    bool next() {
        if (!held_.empty()) {
            cv::swap(bgr_, held_);
            held_.release();
            return true;
        }
        return stream_.read(bgr_) && !bgr_.empty();
    }

    Reading shown(FramePool& pool) {
        Reading reading;
        reading.outcome = Reading::Outcome::kFrame;
        reading.frame = pool.take({bgr_.cols, bgr_.rows});
        copyPixels(bgr_, reading.frame->image);
        reading.frame->captured = Clock::now();
        reading.frame->name = name_;
        reading.frame->still = is_picture_;
        reading.frame->index = length_ > 0 ? index_ : -1;
        if (length_ > 0) reading.due_s = due_s_ += 1 / fps_;
        ++index_;
        return reading;
    }

    // The address of a picture gives one frame and says nothing about its length, but so does a
    // camera whose connection breaks early. It is asked once more: twice the same is a picture.
    Reading afterTheOnlyFrame(FramePool& pool) {
        Reading reading;
        if (!is_picture_) {
            if (!startAnew() || !next()) return brokenOff();
            is_picture_ = !stream_.read(held_) || held_.empty();
            if (!is_picture_ || loop_) return shown(pool);
        }
        if (!loop_) {
            reading.outcome = Reading::Outcome::kEnd;
            return reading;
        }
        if (!std::exchange(rested_, true)) {
            reading.outcome = Reading::Outcome::kRest;
            return reading;
        }
        return startAnew() && next() ? shown(pool) : brokenOff();  // a step looks again
    }

    // Both the number of frames and the time must be short, because the number is an estimate where
    // the rate varies.
    bool isCutOff() const {
        constexpr double kAsGoodAsAll = 0.9;
        const double wanted = kAsGoodAsAll * static_cast<double>(length_);
        const double at_s = stream_.get(cv::CAP_PROP_POS_MSEC) / 1000;
        const bool late = std::isfinite(at_s) && at_s * fps_ >= wanted;
        return static_cast<double>(index_) < wanted && !late;
    }

    Reading ended() const {
        Reading reading;
        reading.outcome = Reading::Outcome::kEnd;
        if (isCutOff()) {
            reading.trouble.sentence = "The video " + name_ +
                                       " is cut off: its connection broke after " +
                                       std::to_string(index_) + " of " + std::to_string(length_) +
                                       " frames; check the network and open it again.";
        }
        return reading;
    }

    Reading brokenOff() const {
        Reading reading;
        reading.outcome = Reading::Outcome::kTrouble;
        reading.trouble = {
            "The stream " + name_ + " ended or its connection broke; it is opened again by itself.",
            Retry::kBackOff};
        return reading;
    }

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
    cv::Mat held_;              // the frame after, where it had to be looked for
    std::int64_t length_ = -1;  // what the server's file says; -1 = live, or it does not say
    bool is_picture_ = false;
    bool rested_ = false;
    double fps_ = 25;
    double due_s_ = 0;
    std::int64_t index_ = 0;
};

// Where the host begins in "name:password@host/path?query". A password may hold what it should not.
std::size_t endOfLogin(const std::string& rest) {
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string server = rest.substr(0, end);
    if (const auto at = server.rfind('@'); at != std::string::npos) return at + 1;
    const std::size_t colon = server.find(':');
    if (colon == std::string::npos) return 0;
    // "host:8080/@home" has a port, "me:sec/ret@host" a password.
    const bool port = server.find_first_not_of("0123456789", colon + 1) == std::string::npos;
    const bool address = server.starts_with('[');  // of IPv6, full of colons
    const std::size_t at = rest.rfind('@');
    return port || address || at == std::string::npos ? 0 : at + 1;
}

// "?user=me&pwd=secret" to "?user=...&pwd=...": which of them are secrets differs from camera to
// camera.
std::string withoutValues(const std::string& text) {
    const std::size_t query = text.find('?');
    if (query == std::string::npos) return text;
    std::string result = text.substr(0, query);
    for (std::size_t at = query; at < text.size();) {
        const std::size_t end = std::min(text.find('&', at + 1), text.size());
        const std::size_t equals = text.find('=', at);
        const bool has_value = equals < end;
        result += text.substr(at, (has_value ? equals + 1 : end) - at);
        if (has_value) result += "...";
        at = end;
    }
    return result;
}

}  // namespace

std::string shownUrl(const std::string& url) {
    const std::size_t host = url.find("://") + 3;
    const std::string rest = url.substr(host);
    return sanitisedLabel(url.substr(0, host) + withoutValues(rest.substr(endOfLogin(rest))));
}

std::unique_ptr<FrameReader> makeStreamReader(std::string url, bool loop, double timeout_s) {
    return std::make_unique<StreamReader>(std::move(url), loop, timeout_s);
}

}  // namespace overfeat::capture
