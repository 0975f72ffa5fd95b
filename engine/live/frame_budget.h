// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/core/recognition.h"
#include "engine/detect/recogniser.h"

namespace overfeat::live {

// Holds a frame rate by leaving work out, one step at a time: first the fine strides, then the
// largest scales, which cost most. Comes back when what was left out would fit again.
//
// Deterministic: it knows nothing but the times it is told. It does not oscillate, because it
// returns only if the step that was too slow then, scaled by how the times have changed since,
// would now be clearly fast enough. Threads: one at a time.
class FrameBudget {
public:
    // How many frames in a row must be too slow, and how many fast enough, before a step.
    static constexpr int kSlowFrames = 4;
    static constexpr int kFastFrames = 20;
    // A returning step must need at most this share of the time there is.
    static constexpr double kComfort = 0.85;

    // The fullest options, from which work is left out. Starts anew if they differ from before.
    void setWanted(const detect::RecogniserOptions& wanted);
    // Nothing is left out any more.
    void reset();
    // A frame took so long with the options in force. True if those have changed now.
    // `least_fps` 0 = no floor.
    bool note(double frame_ms, double least_fps);

    detect::RecogniserOptions options() const;
    LeftOut leftOut() const noexcept;

private:
    struct Step {
        double before_ms = 0;  // a frame's time before this step was left out
        double after_ms = 0;   // and after; 0 = not known yet
    };

    int stepCount() const noexcept;
    void settle() noexcept;

    detect::RecogniserOptions wanted_;
    std::vector<Step> steps_;  // left out
    int slow_ = 0;
    int fast_ = 0;
    bool first_ = true;  // the next frame compiles plans, its time says nothing
};

}  // namespace overfeat::live
