// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "app/capture/frame_reader.h"

namespace overfeat::capture {

// Turns a reader's time line into wall-clock times. Being late is forgiven: a machine that cannot
// decode at full rate plays slower instead of racing afterwards.
// Threads: none.
class Pacer {
public:
    // When to show the picture of time `due_s`, asked at `now`.
    Clock::time_point showAt(double due_s, Clock::time_point now) {
        if (origin_) {
            const auto at = *origin_ + duration(due_s);
            if (at + kForgivenLateness > now) return at;
        }
        startHere(due_s, now);
        return now;
    }
    // The picture of time `due_s` is shown at `now`: after a pause or a single step.
    void startHere(double due_s, Clock::time_point now) { origin_ = now - duration(due_s); }

    // Of the time line against the clock. `last_due_s` was shown at `shown` and stays there.
    void setSpeed(double factor, double last_due_s, Clock::time_point shown) {
        speed_ = factor;
        if (origin_) startHere(last_due_s, shown);
    }
    double speed() const noexcept { return speed_; }

private:
    static constexpr std::chrono::milliseconds kForgivenLateness{250};
    Clock::duration duration(double seconds) const {
        return std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(seconds / speed_));
    }
    std::optional<Clock::time_point> origin_;
    double speed_ = 1;
};

}  // namespace overfeat::capture
