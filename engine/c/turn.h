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
        // Throws Error(kUsage) while there is another turn, and after close(); `what` begins the
        // sentence.
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
    // The same, and there is no turn after it: for a call that found the handle before it was given
    // back and has not begun.
    void close() noexcept;

private:
    std::mutex mutex_;
    bool closed_ = false;
    std::optional<std::stop_source> running_;
};

// A turn that computes. Afterwards the handle (an overfeat_recogniser, an overfeat_features) looks
// what did, because a device that is lost is given up for the next one; however the call ended.
template <class Handle>
class Computing {
public:
    Computing(Handle& of, const char* what) : of_(of), turn_(of.turns, what) {}
    ~Computing() { of_.noteDevice(); }
    Computing(const Computing&) = delete;
    Computing& operator=(const Computing&) = delete;

    const std::stop_token& stop() const noexcept { return turn_.stop(); }

private:
    Handle& of_;
    Turns::Turn turn_;
};

}  // namespace overfeat::c
