// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "app/capture/pixels.h"
#include "app/capture/readers.h"
#include "engine/core/error.h"

namespace overfeat::capture {
namespace {

constexpr SizePx kCardSize{640, 480};
constexpr double kCardFps = 30;
constexpr std::int64_t kCardFrames = 300;  // unless it loops
constexpr int kBarHeight = 340;

// The eight bars of a television test card at three quarters, and a ball on its way over them.
cv::Mat drawCard(std::int64_t index) {
    static const std::array<cv::Scalar, 8> kBars = {
        cv::Scalar(191, 191, 191), cv::Scalar(0, 191, 191), cv::Scalar(191, 191, 0),
        cv::Scalar(0, 191, 0),     cv::Scalar(191, 0, 191), cv::Scalar(0, 0, 191),
        cv::Scalar(191, 0, 0),     cv::Scalar(16, 16, 16)};
    cv::Mat card(kCardSize.height, kCardSize.width, CV_8UC3, cv::Scalar(24, 24, 24));
    const int width = kCardSize.width / static_cast<int>(kBars.size());
    for (std::size_t i = 0; i < kBars.size(); ++i) {
        cv::rectangle(card, cv::Rect(static_cast<int>(i) * width, 0, width, kBarHeight), kBars[i],
                      cv::FILLED);
    }
    const double time_s = static_cast<double>(index) / kCardFps;
    const double swing = std::sin(time_s * std::numbers::pi / 2);  // there and back in 4 s
    const cv::Point ball(static_cast<int>(kCardSize.width / 2.0 + 250 * swing),
                         static_cast<int>(kBarHeight - 60 - 180 * std::abs(std::cos(time_s * 3))));
    cv::circle(card, ball, 44, cv::Scalar(40, 40, 40), cv::FILLED, cv::LINE_AA);
    cv::circle(card, ball, 40, cv::Scalar(40, 150, 255), cv::FILLED, cv::LINE_AA);
    cv::putText(card, "OverFeat Live", cv::Point(28, 405), cv::FONT_HERSHEY_SIMPLEX, 1.3,
                cv::Scalar(235, 235, 235), 2, cv::LINE_AA);
    cv::putText(card, "test card: choose a camera, a file or an address", cv::Point(28, 446),
                cv::FONT_HERSHEY_SIMPLEX, 0.65, cv::Scalar(200, 200, 200), 1, cv::LINE_AA);
    return card;
}

class DemoReader final : public FrameReader {
public:
    DemoReader(const std::filesystem::path& clip, bool loop) : loop_(loop) {
        if (!clip.empty()) clip_ = makeVideoReader(clip, loop);
    }

    std::variant<Opened, Trouble> open(std::stop_token stop) override {
        index_ = 0;
        if (clip_ != nullptr) {
            try {
                auto result = clip_->open(std::move(stop));
                if (auto* facts = std::get_if<Opened>(&result)) {
                    facts->name = "Demo";
                    return result;
                }
            } catch (const Error&) {
                // Without the clip the window still shows something that lives.
            }
            clip_.reset();
        }
        return Opened{.name = "Demo (test card)", .size = kCardSize, .fps = kCardFps};
    }

    Reading read(FramePool& pool, Clock::time_point deadline, std::stop_token stop) override {
        if (clip_ != nullptr) return clip_->read(pool, deadline, std::move(stop));
        Reading reading;
        if (!loop_ && index_ >= kCardFrames) {
            reading.outcome = Reading::Outcome::kEnd;
            return reading;
        }
        reading.outcome = Reading::Outcome::kFrame;
        reading.frame = pool.take(kCardSize);
        copyPixels(drawCard(index_), reading.frame->image);
        reading.frame->name = "test card";
        reading.frame->index = index_;
        reading.due_s = static_cast<double>(index_++) / kCardFps;
        return reading;
    }

    bool seek(double media_time_s) override {
        return clip_ != nullptr && clip_->seek(media_time_s);
    }
    bool seekBack() override { return clip_ != nullptr && clip_->seekBack(); }

    void close() noexcept override {
        if (clip_ != nullptr) clip_->close();
    }

private:
    std::unique_ptr<FrameReader> clip_;
    bool loop_;
    std::int64_t index_ = 0;
};

}  // namespace

std::unique_ptr<FrameReader> makeDemoReader(const std::filesystem::path& clip, bool loop) {
    return std::make_unique<DemoReader>(clip, loop);
}

}  // namespace overfeat::capture
