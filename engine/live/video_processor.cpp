// SPDX-License-Identifier: Apache-2.0
#include "engine/live/video_processor.h"

#include <algorithm>
#include <utility>

#include "engine/detect/tracker.h"
#include "engine/live/frame_budget.h"

namespace overfeat::live {
namespace {

class VideoProcessor final : public Processor {
public:
    VideoProcessor(std::unique_ptr<Processor> inner, const detect::RecogniserOptions& options,
                   std::shared_ptr<const VideoControls> controls)
        : inner_(std::move(inner)), controls_(std::move(controls)) {
        want(options);
    }

    Recognition process(const Frame& frame, std::stop_token stop) override {
        const int sequence = controls_->sequence;
        const bool other_source = std::exchange(sequence_, sequence) != sequence;
        const bool again = std::exchange(last_frame_, frame.id) == frame.id;
        const bool video = controls_->running && !frame.still && !other_source && !again;
        if (!video) leaveNothingOut();
        Recognition seen = inner_->process(frame, std::move(stop));
        seen.left_out = budget_.leftOut();
        if (!video) {
            tracker_.reset();
            return seen;
        }
        if (controls_->steady) {
            seen.detections = tracker_.follow(std::move(seen.detections), frame.captured);
        } else {
            tracker_.reset();
        }
        if (budget_.note(seen.timings.total_ms(), controls_->least_fps))
            inner_->configure(budget_.options());
        return seen;
    }

    void configure(const detect::RecogniserOptions& options) override {
        inner_->configure(options);  // refuses what is impossible, before anything changes
        want(options);
        tracker_.reset();
        if (budget_.leftOut() != LeftOut{}) inner_->configure(budget_.options());
    }

    // Neither tracks nor the budget hear of it: it is not a frame of the video.
    Recognition examine(const Frame& frame, const detect::RecogniserOptions& options,
                        std::stop_token stop) override {
        return inner_->examine(frame, options, std::move(stop));
    }

    detect::RecogniserInfo info() const override { return inner_->info(); }

private:
    void want(detect::RecogniserOptions options) {
        // More steps than the network has mean all of them; only those can be left out.
        options.fine_steps = std::min(options.fine_steps, inner_->info().fine_steps_available);
        budget_.setWanted(options);
    }

    void leaveNothingOut() {
        if (budget_.leftOut() == LeftOut{}) return;
        budget_.reset();
        inner_->configure(budget_.options());
    }

    std::unique_ptr<Processor> inner_;
    std::shared_ptr<const VideoControls> controls_;
    FrameBudget budget_;
    detect::Tracker tracker_;
    int sequence_ = -1;  // no source yet
    std::uint64_t last_frame_ = 0;
};

}  // namespace

std::unique_ptr<Processor> makeVideoProcessor(std::unique_ptr<Processor> inner,
                                              const detect::RecogniserOptions& options,
                                              std::shared_ptr<const VideoControls> controls) {
    return std::make_unique<VideoProcessor>(std::move(inner), options, std::move(controls));
}

}  // namespace overfeat::live
