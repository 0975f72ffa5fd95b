// SPDX-License-Identifier: Apache-2.0
#include "engine/live/rate_meter.h"

#include <algorithm>

namespace overfeat::live {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr Seconds kSpan{1.0};
// A rate is forgotten after this many of its own periods without an event, and not before kSpan.
constexpr double kPatience = 3.0;

}  // namespace

void RateMeter::add(TimePoint when) noexcept {
    times_[next_] = when;
    next_ = (next_ + 1) % kCapacity;
    count_ = std::min(count_ + 1, kCapacity);
}

double RateMeter::perSecond(TimePoint now) const noexcept {
    if (count_ < 2) return 0;
    std::size_t oldest = 1;
    while (oldest + 1 < count_ && at(0) - at(oldest + 1) <= kSpan)
        ++oldest;
    const Seconds spent = at(0) - at(oldest);
    if (spent <= Seconds::zero()) return 0;
    const Seconds period = spent / static_cast<double>(oldest);
    if (now - at(0) > std::max(kSpan, kPatience * period)) return 0;
    return 1.0 / period.count();
}

}  // namespace overfeat::live
