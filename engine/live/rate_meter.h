// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace overfeat::live {

// Events per second over about the last second, for a display: quick to follow a change, and 0 soon
// after the events cease. Holds no heap memory. Threads: one at a time.
class RateMeter {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    void add(TimePoint when) noexcept;
    // Events slower than one per second are measured over the last two of them.
    double perSecond(TimePoint now) const noexcept;
    void reset() noexcept { count_ = 0; }

private:
    // Enough for 240 events per second.
    static constexpr std::size_t kCapacity = 256;

    TimePoint at(std::size_t ago) const noexcept {
        return times_[(next_ + kCapacity - 1 - ago) % kCapacity];
    }

    std::array<TimePoint, kCapacity> times_{};
    std::size_t next_ = 0;
    std::size_t count_ = 0;
};

}  // namespace overfeat::live
