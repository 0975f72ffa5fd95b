// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace overfeat {

// Hands the newest value from one thread to another.
//
// Guarantees: put() never waits for the taker; the taker always sees the most recent value; at most
// one value is stored. A value nobody took is replaced and counted, because a late frame is worth
// less than the next one.
// Threads: any thread may call anything; one thread at a time should take.
template <class T>
class LatestSlot {
public:
    void put(T value) {
        std::optional<T> replaced;  // destroyed after the lock is released
        {
            const std::scoped_lock lock(mutex_);
            if (value_) ++replaced_;
            replaced = std::exchange(value_, std::optional<T>(std::move(value)));
        }
        ready_.notify_one();
    }

    // Waits for a value. Returns nothing once `stop` is requested.
    std::optional<T> take(std::stop_token stop) {
        std::unique_lock lock(mutex_);
        if (!ready_.wait(lock, stop, [this] { return value_.has_value(); })) return std::nullopt;
        return std::exchange(value_, std::nullopt);
    }

    // The value if there is one; never waits.
    std::optional<T> tryTake() {
        const std::scoped_lock lock(mutex_);
        return std::exchange(value_, std::nullopt);
    }

    // Values replaced before anyone saw them, since construction.
    std::uint64_t replacedCount() const {
        const std::scoped_lock lock(mutex_);
        return replaced_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable_any ready_;
    std::optional<T> value_;
    std::uint64_t replaced_ = 0;
};

}  // namespace overfeat
