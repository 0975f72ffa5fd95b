// SPDX-License-Identifier: Apache-2.0
#include "app/capture/source_monitor.h"

#include <algorithm>
#include <utility>

namespace overfeat::capture {
namespace {

constexpr double kFirstBackOff_s = 0.5;
constexpr double kLongestBackOff_s = 8;
// So long must a source run before its next failure counts as a new one.
constexpr double kRecovered_s = 3;
constexpr double kRateWindow_s = 1;
constexpr double kShortestRate_s = 0.25;
constexpr double kDamageWindow_s = 5;
constexpr std::size_t kDamageMinimum = 10;
constexpr std::size_t kMostTicks = 1500;  // a file played as fast as it can be
constexpr double kPeriodsUntilStall = 3;

double secondsBetween(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

Clock::duration seconds(double value) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
}

}  // namespace

SourceMonitor::SourceMonitor(std::string name, double stall_seconds)
    : stall_s_(stall_seconds), stall_limit_s_(stall_seconds) {
    status_.name = std::move(name);
}

void SourceMonitor::opening(Clock::time_point now) {
    status_.retry_in_s = 0;
    retry_at_ = now;
    // After a loss the sentence stays until there is something better to say than "opening".
    if (status_.state != SourceState::kLost && !was_stalled_) {
        status_.state = SourceState::kOpening;
        status_.sentence.clear();
    }
}

void SourceMonitor::opened(Clock::time_point now, const Opened& facts) {
    if (!facts.name.empty()) status_.name = facts.name;
    if (!facts.size.empty()) status_.size = facts.size;
    status_.length = facts.length;
    status_.duration_s = facts.duration_s;
    status_.can_seek = facts.can_seek;
    status_.live = facts.live;
    has_items_ = facts.has_items;
    stall_limit_s_ = stall_s_;
    if (facts.live && facts.fps > 0) {
        stall_limit_s_ = std::max(stall_s_, kPeriodsUntilStall / facts.fps);
    }
    if (!was_stalled_) {
        status_.state = SourceState::kOpening;
        status_.sentence.clear();
    }
    waiting(now);
}

void SourceMonitor::waiting(Clock::time_point now) {
    if (is_waiting_) return;
    is_waiting_ = true;
    waiting_since_ = now;
}

void SourceMonitor::frame(Clock::time_point now, const Frame& shown, std::int64_t length,
                          const std::string& remark) {
    if (status_.state != SourceState::kLive) live_since_ = now;
    const bool was_away = status_.live && secondsBetween(newest_, now) >= stall_limit_s_;
    if (status_.state != SourceState::kLive || was_stalled_ || was_away) rate_since_ = now;
    status_.state = SourceState::kLive;
    status_.sentence.clear();
    status_.remark = remark;
    status_.size = shown.image.size();
    status_.position = shown.index;
    status_.time_s = shown.media_time_s.value_or(-1);
    status_.still = shown.still;
    if (has_items_) status_.item = shown.name;
    if (length >= 0) status_.length = length;
    ++status_.frames;
    newest_ = now;
    is_waiting_ = false;
    was_stalled_ = false;
    if (secondsBetween(live_since_, now) >= kRecovered_s) back_off_s_ = 0;
    addTick(now, true);
}

void SourceMonitor::damaged(Clock::time_point now) {
    ++status_.damaged;
    addTick(now, false);
}

void SourceMonitor::skippedFiles(Clock::time_point now, std::uint64_t count) noexcept {
    status_.skipped_files += count;
    waiting_since_ = now;
}

void SourceMonitor::ended(std::string sentence) {
    is_waiting_ = false;
    status_.state = SourceState::kEnded;
    status_.sentence = std::move(sentence);
}

void SourceMonitor::trouble(Clock::time_point now, const Trouble& trouble) {
    is_waiting_ = false;
    was_stalled_ = false;
    status_.sentence = trouble.sentence;
    status_.state = trouble.retry == Retry::kNever ? SourceState::kFailed : SourceState::kLost;
    scheduleRetry(now, trouble.retry);
}

void SourceMonitor::resetAfterStall(Clock::time_point now) {
    is_waiting_ = false;
    was_stalled_ = true;
    status_.state = SourceState::kStalled;
    scheduleRetry(now, Retry::kBackOff);
}

void SourceMonitor::scheduleRetry(Clock::time_point now, Retry retry) {
    if (retry == Retry::kSlowly) {
        back_off_s_ = kLongestBackOff_s;
    } else {
        back_off_s_ = std::clamp(back_off_s_ * 2, kFirstBackOff_s, kLongestBackOff_s);
    }
    retry_at_ = now + seconds(back_off_s_);
}

bool SourceMonitor::stalled(Clock::time_point now) const {
    return is_waiting_ && secondsBetween(waiting_since_, now) >= stall_limit_s_;
}

SourceStatus SourceMonitor::status(Clock::time_point now) const {
    SourceStatus result = status_;
    const bool running =
        result.state == SourceState::kLive || result.state == SourceState::kOpening;
    const bool stuck = was_stalled_ || (running && stalled(now));
    if (stuck) result.state = SourceState::kStalled;
    if ((stuck || result.state == SourceState::kLive) && mostlyDamaged(now)) {
        result.sentence = "Most pictures from " + result.name +
                          " arrive damaged; try another cable or port, or a smaller picture.";
    } else if (stuck) {
        result.sentence = status_.live
                              ? "No picture comes from " + result.name +
                                    "; check its cable and whether anything is sending. It is "
                                    "opened again by itself."
                              : "Nothing has come from " + result.name +
                                    " for a while; its disk or network may be slow.";
    } else if (running && paused_ && result.frames > 0) {
        result.state = SourceState::kPaused;
    }
    result.fps = result.state == SourceState::kLive ? measuredFps(now) : 0;
    result.frame_age_s = result.frames > 0 ? std::max(0.0, secondsBetween(newest_, now)) : 0;
    result.retry_in_s = result.state == SourceState::kLost || was_stalled_
                            ? std::max(0.0, secondsBetween(now, retry_at_))
                            : 0;
    return result;
}

void SourceMonitor::addTick(Clock::time_point now, bool good) {
    ticks_.push_back({now, good});
    while (ticks_.size() > kMostTicks || secondsBetween(ticks_.front().at, now) > kDamageWindow_s) {
        ticks_.pop_front();
    }
}

double SourceMonitor::measuredFps(Clock::time_point now) const {
    // Intervals between the frames of the window; with a slow source the window reaches back to
    // the last two frames, so that 0.5 fps is not shown as 0.
    int intervals = 0;
    const Clock::time_point* last = nullptr;
    const Clock::time_point* first = nullptr;
    for (auto tick = ticks_.rbegin(); tick != ticks_.rend(); ++tick) {
        if (!tick->good) continue;
        if (tick->at < rate_since_) break;
        if (last == nullptr) {
            last = &tick->at;
            continue;
        }
        if (intervals > 0 && secondsBetween(tick->at, now) > kRateWindow_s) break;
        first = &tick->at;
        ++intervals;
    }
    if (intervals == 0) return 0;
    // A source that has gone quiet gets slower the longer it is quiet.
    const double span = secondsBetween(*first, *last);
    const double quiet = secondsBetween(*last, now);
    const double mean = span / intervals;
    const double time = quiet > 2 * mean ? span + quiet : span;
    // What a device had kept comes at once and is no rate.
    return time < kShortestRate_s ? 0 : intervals / time;
}

bool SourceMonitor::mostlyDamaged(Clock::time_point now) const {
    std::size_t all = 0;
    std::size_t bad = 0;
    for (const Tick& tick : ticks_) {
        if (secondsBetween(tick.at, now) > kDamageWindow_s) continue;
        ++all;
        if (!tick.good) ++bad;
    }
    return all >= kDamageMinimum && bad * 2 > all;
}

}  // namespace overfeat::capture
