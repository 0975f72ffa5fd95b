// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>
#include <stop_token>

namespace overfeat::c {

// What works for one thread at a time and can be stopped by any: a handle has one, and each of its
// calls that computes takes a turn.
class Turns {
public:
    class Turn {
    public:
        // Throws Error(kUsage) while there is another turn; `what` begins the sentence.
        Turn(Turns& of, const char* what);
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

        const std::stop_token& stop() const noexcept { return stop_; }

    private:
        Turns& of_;
        std::stop_token stop_;
    };

    // Makes the turn there is, if any, end soon.
    void cancel() noexcept;

private:
    std::mutex mutex_;
    std::optional<std::stop_source> running_;
};

}  // namespace overfeat::c
