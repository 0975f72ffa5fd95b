// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>

#include "app/capture/frame_reader.h"
#include "app/capture/source.h"

namespace overfeat::capture {

// The states of a source and when they change: told what happens and when, it knows what to show.
// It has no thread and no clock of its own, so a stall is seen by whoever asks for the status, even
// if the reading thread is stuck in a driver.
//
//   opening -> live -> stalled -> (reopen) -> live
//                  \-> lost -> (back-off, reopen) -> live
//                  \-> ended, failed
// A source is live from its first frame on, not from the moment the device said yes.
// Threads: none; the owner guards it.
class SourceMonitor {
public:
    SourceMonitor(std::string name, double stall_seconds);

    void opening(Clock::time_point now);
    void opened(Clock::time_point now, const Opened& facts);
    // The reader waits for a frame from now on ...
    void waiting(Clock::time_point now);
    // ... and has one, which may be shown later.
    void arrived() noexcept { is_waiting_ = false; }
    void frame(Clock::time_point now, const Frame& shown, std::int64_t length = -1,
               const std::string& remark = {});
    void damaged(Clock::time_point now);
    // Files that cannot be used are passed over: that takes time, too, but nothing hangs.
    void skippedFiles(Clock::time_point now, std::uint64_t count) noexcept;
    void ended(std::string sentence);
    void trouble(Clock::time_point now, const Trouble& trouble);
    void paused(bool paused) noexcept { paused_ = paused; }
    void speed(double factor) noexcept { status_.speed = factor; }

    bool stalled(Clock::time_point now) const;
    // The stream is to be closed and opened again; counts as one failed attempt.
    void resetAfterStall(Clock::time_point now);
    // When to open again; meaningful after trouble or a reset.
    Clock::time_point retryAt() const noexcept { return retry_at_; }

    SourceStatus status(Clock::time_point now) const;

private:
    struct Tick {
        Clock::time_point at;
        bool good;
    };
    void scheduleRetry(Clock::time_point now, Retry retry);
    void addTick(Clock::time_point now, bool good);
    double measuredFps(Clock::time_point now) const;
    bool mostlyDamaged(Clock::time_point now) const;

    SourceStatus status_;
    double stall_s_;
    double stall_limit_s_;  // longer for a camera that is slow by nature
    bool has_items_ = false;
    bool paused_ = false;
    bool is_waiting_ = false;
    bool was_stalled_ = false;  // stays stalled through a reset until a frame comes
    Clock::time_point waiting_since_;
    Clock::time_point newest_;
    Clock::time_point live_since_;
    Clock::time_point rate_since_;  // the gap before it is no interval
    Clock::time_point retry_at_;
    double back_off_s_ = 0;
    std::deque<Tick> ticks_;  // frames of the last seconds
};

}  // namespace overfeat::capture
