// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <opencv2/videoio.hpp>
#include <string>
#include <utility>

#include "app/capture/pixels.h"
#include "app/capture/readers.h"

namespace overfeat::capture {
namespace {

bool equal(const cv::Mat& a, const cv::Mat& b) {
    return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

class StreamReader final : public FrameReader {
public:
    StreamReader(std::string url, bool loop, double timeout_s)
        : url_(std::move(url)), name_(shownUrl(url_)), loop_(loop), timeout_s_(timeout_s) {
        if (url_.starts_with("rtsp")) gives_ = Gives::kFrames;
    }

    std::variant<Opened, Trouble> open(std::stop_token) override {
        quietDecoders();
        // Something else may have come to the address of a picture that was lost.
        if (gives_ == Gives::kPicture) gives_ = Gives::kUnknown;
        const auto start = Clock::now();
        if (!startAnew()) return Trouble{refusal(Clock::now() - start), Retry::kBackOff};
        live_ = length_ < 0;
        return Opened{.name = name_,
                      .size = {static_cast<int>(stream_.get(cv::CAP_PROP_FRAME_WIDTH)),
                               static_cast<int>(stream_.get(cv::CAP_PROP_FRAME_HEIGHT))},
                      .fps = fps_,
                      .length = length_,
                      .live = live_};
    }

    Reading read(FramePool& pool, Clock::time_point, std::stop_token) override {
        if (next()) return shown(pool);
        if (index_ == 0) return brokenOff();
        if (index_ == 1 && length_ <= 1 && mayBePicture()) return afterTheOnlyFrame(pool);
        if (length_ > 0 && !loop_) return ended();
        if (length_ < 0 || index_ == 1 || isCutOff()) return brokenOff();
        return playAgain() ? shown(pool) : brokenOff();
    }

    void close() noexcept override {
        stream_.release();
        held_.release();
        only_.release();
    }

private:
    // What is known of the address. FFmpeg knows a camera's endless answer from a picture's, but
    // OpenCV does not pass it on. What gave frames once never becomes a picture.
    enum class Gives { kUnknown, kPicture, kFrames };

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
        if (length_ == 1 && gives_ == Gives::kUnknown) gives_ = Gives::kPicture;
        return true;
    }

    // What open() said of it has to stay true.
    bool playAgain() { return startAnew() && (length_ < 0) == live_ && next(); }

    // Where no length is told it is also seen whether a second frame follows.
    bool lookAgain() {
        if (!playAgain()) return false;
        if (length_ != 1 && readInto(held_)) gives_ = Gives::kFrames;
        return !fell_silent_;
    }

    // Whoever says nothing of a length and keeps the line open has more to send than a picture.
    bool mayBePicture() const { return gives_ != Gives::kFrames && !(length_ < 0 && fell_silent_); }

    bool next() {
        if (!held_.empty()) {
            cv::swap(bgr_, held_);
            held_.release();
            return true;
        }
        return readInto(bgr_);
    }

    bool readInto(cv::Mat& frame) {
        const auto start = Clock::now();
        const bool came = stream_.read(frame) && !frame.empty();
        fell_silent_ = !came && isTimeout(Clock::now() - start);
        return came;
    }

    Reading shown(FramePool& pool) {
        Reading reading;
        reading.outcome = Reading::Outcome::kFrame;
        reading.frame = pool.take({bgr_.cols, bgr_.rows});
        copyPixels(bgr_, reading.frame->image);
        reading.frame->captured = Clock::now();
        reading.frame->name = name_;
        if (index_ > 0) gives_ = Gives::kFrames;
        reading.frame->still = gives_ == Gives::kPicture;
        reading.frame->index = length_ > 0 ? index_ : -1;
        if (length_ > 0) reading.due_s = due_s_ += 1 / fps_;
        had_frame_ = true;
        only_.release();
        if (index_++ == 0 && gives_ == Gives::kUnknown) cv::swap(only_, bgr_);
        return reading;
    }

    // The address of a picture may give one frame and say nothing about its length, but so does a
    // camera whose connection breaks early. It is asked once more: twice the same is a picture, and
    // two that differ come from a camera, even if its connection breaks each time.
    Reading afterTheOnlyFrame(FramePool& pool) {
        Reading reading;
        if (gives_ == Gives::kUnknown) {
            if (!lookAgain()) return brokenOff();
            if (gives_ == Gives::kUnknown) {
                gives_ = equal(only_, bgr_) ? Gives::kPicture : Gives::kFrames;
            }
            if (gives_ == Gives::kFrames || loop_) return shown(pool);
        }
        if (!loop_) {
            reading.outcome = Reading::Outcome::kEnd;
            return reading;
        }
        if (!std::exchange(rested_, true)) {
            reading.outcome = Reading::Outcome::kRest;
            return reading;
        }
        return lookAgain() ? shown(pool) : brokenOff();  // a step looks again
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
        // Without a picture yet the program may rather go back to the source before.
        const std::string broke = "The stream " + name_ + " ended or its connection broke";
        const char* then = had_frame_
                               ? "; it is opened again by itself."
                               : " before its first picture; check the address and the network.";
        reading.trouble = {broke + then, Retry::kBackOff};
        return reading;
    }

    bool isTimeout(Clock::duration taken) const {
        return std::chrono::duration<double>(taken).count() > 0.9 * timeout_s_;
    }

    std::string refusal(Clock::duration taken) const {
        if (isTimeout(taken)) {
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
    cv::Mat only_;              // the first frame, while it may be the only one
    std::int64_t length_ = -1;  // what the server's file says; -1 = live, or it does not say
    Gives gives_ = Gives::kUnknown;
    bool live_ = false;  // as open() said
    bool had_frame_ = false;
    bool fell_silent_ = false;  // the last reading took its whole time and gave nothing
    bool rested_ = false;
    double fps_ = 25;
    double due_s_ = 0;
    std::int64_t index_ = 0;
};

}  // namespace

std::unique_ptr<FrameReader> makeStreamReader(std::string url, bool loop, double timeout_s) {
    return std::make_unique<StreamReader>(std::move(url), loop, timeout_s);
}

}  // namespace overfeat::capture
