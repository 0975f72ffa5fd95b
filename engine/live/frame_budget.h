// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "engine/core/look.h"
#include "engine/core/recognition.h"

namespace overfeat::live {

// Holds a frame rate by leaving work out, one step at a time: first the fine strides, then the
// largest scales, which cost most. What saves no time is given back, and what was left out returns
// when it would fit again.
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
    // A step that leaves more than this share of the time saves nothing worth having.
    static constexpr double kNoGain = 0.95;

    // The fullest look, from which work is left out: no more fine steps than the network has, and
    // dense only if it can slide. Starts anew if it asks for other work than before.
    void setWanted(const Look& wanted);
    // What is wanted is learnt from the same examples as before, only better: no other work.
    void setSameLesson(const std::shared_ptr<const TaughtClasses>& taught) {
        wanted_.taught = taught;
    }
    // Nothing is left out any more.
    void reset();
    // A frame took so long with the look in force. `least_fps` 0 = no floor.
    void note(double frame_ms, double least_fps);

    Look look() const { return without(static_cast<int>(steps_.size())); }
    LeftOut leftOut() const noexcept { return leftOut(static_cast<int>(steps_.size())); }

private:
    struct Step {
        double before_ms = 0;  // a frame's time before this step was left out
        double after_ms = 0;   // and after: the shortest of the first kSlowFrames
        double most = 1;       // how many times longer a frame can take with it, by the work alone
        int measured = 0;      // frames that after_ms is of
    };

    int stepCount() const noexcept;
    LeftOut leftOut(int steps) const noexcept;
    Look without(int steps) const;
    void leaveOutOneMore();
    void giveBackWhatSavesNothing();
    bool fitsAgain(double frame_ms, double time_ms) const noexcept;
    void settle() noexcept;

    Look wanted_;
    std::vector<Step> steps_;  // left out
    int slow_ = 0;
    double shortest_slow_ms_ = 0;
    int fast_ = 0;
    bool first_ = true;       // the next frame compiles plans, its time says nothing
    double hopeless_ms_ = 0;  // nothing helped when a frame took so long; 0 = never
};

}  // namespace overfeat::live
