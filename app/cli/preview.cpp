// SPDX-License-Identifier: Apache-2.0
#include "app/cli/preview.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "app/capture/frame_pool.h"
#include "app/capture/source.h"
#include "app/cli/bench_measurements.h"
#include "engine/core/error.h"
#include "engine/core/latest_slot.h"
#include "engine/core/median.h"
#include "engine/live/session.h"

namespace overfeat::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int kCameraFps = 60;
constexpr SizePx kWindow{1280, 720};
constexpr auto kLook = 1ms;       // how often this thread looks for a frame
constexpr auto kPatience = 30s;   // for the first result, which waits for compiling
constexpr auto kFrameLimit = 5s;  // between two frames

double secondsBetween(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

// A camera that delivers the same picture at a fixed rate, in memory that is new each time.
class Camera {
public:
    Camera(SizePx size, capture::FrameSink sink)
        : picture_(benchmarkPicture(size)),
          sink_(std::move(sink)),
          thread_([this](const std::stop_token& stop) { run(stop); }) {}

private:
    void run(const std::stop_token& stop) {
        capture::FramePool pool;
        auto due = Clock::now();
        while (!stop.stop_requested()) {
            const auto frame = pool.take(picture_.size());
            std::copy(picture_.bytes().begin(), picture_.bytes().end(), frame->image.row(0));
            frame->captured = Clock::now();
            sink_(frame);
            due += std::chrono::nanoseconds(1s) / kCameraFps;
            std::this_thread::sleep_until(due);
        }
    }

    Image picture_;
    capture::FrameSink sink_;
    std::jthread thread_;
};

// What painting a frame costs: scaled to the window, in the screen's four bytes per pixel.
class Screen {
public:
    void show(const Image& image) {
        const double scale = std::min(static_cast<double>(kWindow.width) / image.width(),
                                      static_cast<double>(kWindow.height) / image.height());
        const cv::Size size(std::max(1, static_cast<int>(image.width() * scale)),
                            std::max(1, static_cast<int>(image.height() * scale)));
        // OpenCV has no read-only header; the pixels are only read.
        const cv::Mat rgb(image.height(), image.width(), CV_8UC3,
                          const_cast<std::uint8_t*>(image.row(0)));
        cv::resize(rgb, scaled_, size, 0, 0, cv::INTER_LINEAR);
        cv::cvtColor(scaled_, shown_, cv::COLOR_RGB2BGRA);
    }

private:
    cv::Mat scaled_;
    cv::Mat shown_;
};

struct Rates {
    double seconds = 0;
    std::uint64_t captured = 0;
    std::uint64_t shown = 0;
    std::uint64_t recognised = 0;
    double longest_gap_s = 0;  // between two shown frames
    double latency_ms = 0;     // capture to result, median

    double perSecond(std::uint64_t count) const {
        return seconds > 0 ? static_cast<double>(count) / seconds : 0;
    }
};

class Measurement {
public:
    Measurement(const PreviewOptions& options, detect::Recogniser recogniser, Console& console)
        : options_(options), console_(console) {
        // The factory has to be copyable, which a recogniser is not.
        const auto once = std::make_shared<detect::Recogniser>(std::move(recogniser));
        // Every frame with nothing left out: it is the preview that is measured.
        session_.set({.look = options.look, .least_fps = 0});
        session_.use(
            [once](const std::stop_token&) { return live::makeProcessor(std::move(*once)); });
        const auto sink = [this](FramePtr frame) {
            ++captured_;
            session_.submit(frame);
            newest_.put(std::move(frame));
        };
        if (options_.video.empty()) {
            camera_.emplace(options_.frame, sink);
        } else {
            source_ = capture::openSource(capture::parseSource(options_.video), {}, sink);
        }
    }
    ~Measurement() {
        camera_.reset();
        source_.reset();
        session_.stop();
    }
    Measurement(const Measurement&) = delete;
    Measurement& operator=(const Measurement&) = delete;

    Rates run() {
        waitForTheFirstResult();
        Rates rates;
        std::vector<double> latencies;
        const auto start = Clock::now();
        const std::uint64_t captured = captured_;
        const std::uint64_t recognised = session_.statistics().processed;
        auto last_shown = start;
        for (auto now = start; secondsBetween(start, now) < options_.seconds; now = Clock::now()) {
            if (showNewest()) {
                const auto shown = Clock::now();
                rates.longest_gap_s =
                    std::max(rates.longest_gap_s, secondsBetween(last_shown, shown));
                last_shown = shown;
                ++rates.shown;
            } else if (now - last_shown > kFrameLimit) {
                throw Error(ErrorCode::kInput, "No frame came for some seconds: " + trouble());
            }
            if (takeResult()) latencies.push_back(session_.statistics().latency_ms);
        }
        rates.seconds = secondsBetween(start, Clock::now());
        rates.captured = captured_ - captured;
        rates.recognised = session_.statistics().processed - recognised;
        rates.latency_ms = median(std::move(latencies));
        return rates;
    }

private:
    void waitForTheFirstResult() {
        const auto start = Clock::now();
        while (!takeResult()) {
            showNewest();
            if (Clock::now() - start > kPatience || (captured_ == 0 && sourceFailed())) {
                throw Error(ErrorCode::kInput, "There was no result to begin with: " + trouble());
            }
        }
    }

    // Waits a little if there is none.
    bool showNewest() {
        checkStop(console_);
        const auto frame = newest_.tryTake();
        if (!frame) {
            std::this_thread::sleep_for(kLook);
            return false;
        }
        screen_.show((*frame)->image);
        return true;
    }

    bool takeResult() {
        bool seen = false;
        for (const live::Update& update : session_.takeUpdates()) {
            if (update.failure) throw Error(*update.failure);
            seen = seen || update.recognition != nullptr;
        }
        return seen;
    }

    bool sourceFailed() const {
        if (!source_) return false;
        const capture::SourceState state = source_->status().state;
        return state == capture::SourceState::kFailed || state == capture::SourceState::kEnded;
    }

    std::string trouble() const {
        const std::string sentence = source_ ? source_->status().sentence : std::string();
        return sentence.empty() ? "the machine is too busy, or the source gives nothing."
                                : sentence;
    }

    const PreviewOptions options_;
    Console& console_;
    std::atomic<std::uint64_t> captured_ = 0;
    LatestSlot<FramePtr> newest_;
    Screen screen_;
    live::Session session_{[] {}};
    std::optional<Camera> camera_;
    std::unique_ptr<capture::Source> source_;
};

}  // namespace

int preview(const PreviewOptions& options, detect::Recogniser recogniser, Console& console,
            Results& results) {
    const Rates rates = Measurement(options, std::move(recogniser), console).run();
    if (results.json()) {
        results.object({{"seconds", hundredths(rates.seconds)},
                        {"captured_per_second", hundredths(rates.perSecond(rates.captured))},
                        {"shown_per_second", hundredths(rates.perSecond(rates.shown))},
                        {"longest_gap_ms", hundredths(rates.longest_gap_s * 1000)},
                        {"recognised_per_second", hundredths(rates.perSecond(rates.recognised))},
                        {"latency_ms", hundredths(rates.latency_ms)}});
        return 0;
    }
    results.line("preview   " + fixed(rates.perSecond(rates.shown), 1) + " frames/s shown of " +
                 fixed(rates.perSecond(rates.captured), 1) + " captured, longest gap " +
                 fixed(rates.longest_gap_s * 1000, 0) + " ms");
    results.line("network   " + fixed(rates.perSecond(rates.recognised), 1) +
                 " frames/s meanwhile, capture to result " + fixed(rates.latency_ms, 0) +
                 " ms (median)");
    return 0;
}

}  // namespace overfeat::cli
