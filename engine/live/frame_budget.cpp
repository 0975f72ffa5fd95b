// SPDX-License-Identifier: Apache-2.0
#include "engine/live/frame_budget.h"

#include <algorithm>
#include <cmath>

namespace overfeat::live {

void FrameBudget::setWanted(const detect::RecogniserOptions& wanted) {
    const bool same_work = wanted.views == wanted_.views &&
                           wanted.scale_count == wanted_.scale_count &&
                           wanted.smallest_side_windows == wanted_.smallest_side_windows &&
                           wanted.largest_side_windows == wanted_.largest_side_windows &&
                           wanted.fine_steps == wanted_.fine_steps && wanted.flip == wanted_.flip;
    wanted_ = wanted;
    if (!same_work) reset();
}

void FrameBudget::reset() {
    steps_.clear();
    settle();
}

void FrameBudget::settle() noexcept {
    slow_ = 0;
    fast_ = 0;
    first_ = true;
}

int FrameBudget::stepCount() const noexcept {
    if (wanted_.views != detect::Views::kDense) return 0;
    return wanted_.fine_steps + wanted_.scale_count - 1;
}

LeftOut FrameBudget::leftOut() const noexcept {
    const auto steps = static_cast<int>(steps_.size());
    const int fine = std::min(steps, wanted_.fine_steps);
    return {.scales = steps - fine, .fine_steps = fine};
}

detect::RecogniserOptions FrameBudget::options() const {
    detect::RecogniserOptions options = wanted_;
    const LeftOut out = leftOut();
    options.fine_steps -= out.fine_steps;
    if (out.scales > 0) {
        // The remaining scales stay where they were, so that their plans do.
        const double ratio = std::pow(wanted_.largest_side_windows / wanted_.smallest_side_windows,
                                      1.0 / (wanted_.scale_count - 1));
        options.scale_count -= out.scales;
        options.largest_side_windows =
            std::max(wanted_.smallest_side_windows,
                     wanted_.largest_side_windows / std::pow(ratio, out.scales));
    }
    return options;
}

bool FrameBudget::note(double frame_ms, double least_fps) {
    if (!(least_fps > 0)) {
        const bool changed = !steps_.empty();
        if (changed) reset();
        return changed;
    }
    if (first_) {
        first_ = false;
        return false;
    }
    if (!steps_.empty() && steps_.back().after_ms <= 0) steps_.back().after_ms = frame_ms;
    const double time_ms = 1000 / least_fps;
    slow_ = frame_ms > time_ms ? slow_ + 1 : 0;
    const bool fits_again = !steps_.empty() && frame_ms * steps_.back().before_ms /
                                                       std::max(steps_.back().after_ms, 1e-3) <
                                                   kComfort * time_ms;
    fast_ = fits_again ? fast_ + 1 : 0;
    if (slow_ >= kSlowFrames && static_cast<int>(steps_.size()) < stepCount()) {
        steps_.push_back({.before_ms = frame_ms});
        settle();
        return true;
    }
    if (fast_ >= kFastFrames) {
        steps_.pop_back();
        settle();
        return true;
    }
    return false;
}

}  // namespace overfeat::live
