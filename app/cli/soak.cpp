// SPDX-License-Identifier: Apache-2.0
#include "app/cli/soak.h"

#include <chrono>
#include <cmath>
#include <functional>
#include <vector>

#include "app/capture/video_file.h"
#include "app/cli/bench_measurements.h"

namespace overfeat::cli {
namespace {

constexpr double kWarmUpShare = 0.1;
constexpr double kMib = 1024.0 * 1024.0;

class MemoryLog {
public:
    explicit MemoryLog(int seconds) : seconds_(seconds) {}

    double elapsed_s() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }
    bool finished() const { return elapsed_s() >= seconds_; }

    void frame() {
        ++frames_;
        const double now_s = elapsed_s();
        if (now_s < kWarmUpShare * seconds_ || now_s < next_s_) return;
        next_s_ = now_s + 1;
        minutes_.push_back(now_s / 60);
        mib_.push_back(static_cast<double>(residentMemory().resident_bytes) / kMib);
    }

    void print(Results& results) const {
        const double rate = static_cast<double>(frames_) / elapsed_s();
        const double first = mib_.empty() ? 0 : mib_.front();
        const double last = mib_.empty() ? 0 : mib_.back();
        const double growth = slope(minutes_, mib_);
        if (results.json()) {
            results.object({{"seconds", std::round(elapsed_s())},
                            {"frames", frames_},
                            {"frames_per_second", std::round(rate * 100) / 100},
                            {"resident_mib_first", std::round(first * 100) / 100},
                            {"resident_mib_last", std::round(last * 100) / 100},
                            {"growth_mib_per_minute", std::round(growth * 10000) / 10000}});
            return;
        }
        results.line(std::to_string(frames_) + " frames in " + fixed(elapsed_s(), 0) + " s, " +
                     fixed(rate, 1) + " frames/s");
        results.line("resident memory " + fixed(first, 1) + " MiB after warming up, " +
                     fixed(last, 1) + " MiB at the end, slope " + fixed(growth, 4) +
                     " MiB per minute");
    }

private:
    int seconds_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    double next_s_ = 0;
    std::int64_t frames_ = 0;
    std::vector<double> minutes_;
    std::vector<double> mib_;
};

}  // namespace

int soak(const SoakOptions& options, detect::Recogniser& recogniser, Console& console,
         Results& results) {
    MemoryLog log(options.seconds);
    const auto one = [&](const Image& picture) {
        recogniser.recognise(picture, options.look, console.stop);
        log.frame();
    };
    if (options.video.empty()) {
        const Image picture = benchmarkPicture(options.frame);
        while (!log.finished())
            one(picture);
    } else {
        while (!log.finished()) {
            capture::readVideo(options.video, console.stop, [&](const capture::VideoFrame& frame) {
                one(frame.image);
                return !log.finished();
            });
        }
    }
    log.print(results);
    return 0;
}

}  // namespace overfeat::cli
