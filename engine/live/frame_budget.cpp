// SPDX-License-Identifier: Apache-2.0
#include "engine/live/frame_budget.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace overfeat::live {
namespace {

// Undoing one strided layer quadruples the windows, and costs at most that much.
constexpr double kFineCost = 4;
// Where nothing helped, it is tried again once frames take so many times longer.
constexpr double kWorse = 1.5;

double ratioOfScales(const Look& look) {
    return look.scale_count < 2 ? 1
                                : std::pow(look.largest_side_windows / look.smallest_side_windows,
                                           1.0 / (look.scale_count - 1));
}

// In proportion to the areas of the scales.
double workOf(const Look& look) {
    const double ratio = ratioOfScales(look);
    double area = 0;
    double side = look.smallest_side_windows;
    for (int i = 0; i < look.scale_count; ++i, side *= ratio)
        area += side * side;
    return area * std::pow(kFineCost, look.fine_steps);
}

}  // namespace

void FrameBudget::setWanted(const Look& wanted) {
    // A look into a layer costs one scale at most, and goes from one page of channels to the next:
    // that is no reason to show every scale again.
    wanted_.layer = wanted.layer;
    const bool same = sameWork(wanted, wanted_);
    wanted_ = wanted;
    if (!same) reset();
}

void FrameBudget::reset() {
    steps_.clear();
    hopeless_ms_ = 0;
    settle();
}

void FrameBudget::settle() noexcept {
    slow_ = 0;
    fast_ = 0;
    first_ = true;
}

int FrameBudget::stepCount() const noexcept {
    if (wanted_.views != Views::kDense) return 0;
    return wanted_.fine_steps + wanted_.scale_count - 1;
}

LeftOut FrameBudget::leftOut(int steps) const noexcept {
    const int fine = std::min(steps, wanted_.fine_steps);
    return {.scales = steps - fine, .fine_steps = fine};
}

Look FrameBudget::without(int steps) const {
    Look look = wanted_;
    const LeftOut out = leftOut(steps);
    look.fine_steps -= out.fine_steps;
    if (out.scales > 0) {
        // The remaining scales stay where they were, so that their plans do.
        look.scale_count -= out.scales;
        look.largest_side_windows =
            std::max(wanted_.smallest_side_windows,
                     wanted_.largest_side_windows / std::pow(ratioOfScales(wanted_), out.scales));
    }
    return look;
}

void FrameBudget::note(double frame_ms, double least_fps) {
    if (!(least_fps > 0)) {
        if (!steps_.empty()) reset();
        return;
    }
    if (std::exchange(first_, false)) return;
    if (!steps_.empty() && steps_.back().measured < kSlowFrames) {
        Step& step = steps_.back();
        step.after_ms = step.measured++ == 0 ? frame_ms : std::min(step.after_ms, frame_ms);
    }
    const double time_ms = 1000 / least_fps;
    if (frame_ms > time_ms) {
        shortest_slow_ms_ = slow_++ == 0 ? frame_ms : std::min(shortest_slow_ms_, frame_ms);
    } else {
        slow_ = 0;
    }
    fast_ = fitsAgain(frame_ms, time_ms) ? fast_ + 1 : 0;
    if (slow_ >= kSlowFrames) {
        leaveOutOneMore();
    } else if (fast_ >= kFastFrames) {
        steps_.pop_back();
        settle();
    }
}

void FrameBudget::leaveOutOneMore() {
    slow_ = 0;
    if (hopeless_ms_ > 0 && shortest_slow_ms_ < kWorse * hopeless_ms_) return;
    const int count = static_cast<int>(steps_.size());
    if (count >= stepCount()) {
        giveBackWhatSavesNothing();
        return;
    }
    steps_.push_back({.before_ms = shortest_slow_ms_,
                      .most = workOf(without(count)) / workOf(without(count + 1))});
    settle();
}

void FrameBudget::giveBackWhatSavesNothing() {
    const auto saves = [](const Step& step) { return step.after_ms < kNoGain * step.before_ms; };
    const std::size_t before = steps_.size();
    while (!steps_.empty() && !saves(steps_.back()))
        steps_.pop_back();
    if (steps_.size() == before) return;
    hopeless_ms_ = shortest_slow_ms_;
    settle();
}

// The step's own times may have been taken while the machine was busy with something else; it can
// never have cost more than its share of the work.
bool FrameBudget::fitsAgain(double frame_ms, double time_ms) const noexcept {
    if (steps_.empty()) return false;
    const Step& step = steps_.back();
    const double longer = std::min(step.most, step.before_ms / std::max(step.after_ms, 1e-3));
    return frame_ms * longer < kComfort * time_ms;
}

}  // namespace overfeat::live
