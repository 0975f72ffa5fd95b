// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>

#include "app/capture/frame_reader.h"

namespace overfeat::capture {

// Makes a driver's timestamps trustworthy: never in the future, never backwards, never so old that
// no buffer could have held the frame so long. What cannot be believed is replaced by the time of
// arrival, so that a latency shown to people is never negative.
// Threads: none.
class CaptureClock {
public:
    static constexpr std::chrono::seconds kOldest{1};

    // `driver` on the steady clock, or nothing if the driver uses another one.
    Clock::time_point taken(std::optional<Clock::time_point> driver, Clock::time_point arrival) {
        const bool plausible = driver && *driver <= arrival && arrival - *driver <= kOldest;
        const Clock::time_point believed = plausible ? *driver : arrival;
        newest_ = std::max(newest_, std::min(believed, arrival));
        return newest_;
    }

private:
    Clock::time_point newest_;  // the epoch: before any frame
};

}  // namespace overfeat::capture
