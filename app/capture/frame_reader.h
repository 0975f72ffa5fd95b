// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "app/capture/frame_pool.h"
#include "engine/core/geometry.h"
#include "engine/core/image.h"

namespace overfeat::capture {

using Clock = std::chrono::steady_clock;

enum class Retry {
    kBackOff,  // 0.5 s doubling to 8 s
    kSlowly,   // every 8 s: only a person can change it (permissions)
    kNever,
};

// Why a reader cannot go on.
struct Trouble {
    std::string sentence;
    Retry retry = Retry::kNever;
};

// What a reader found out by opening.
struct Opened {
    std::string name;  // for people
    SizePx size;       // may be empty until the first frame
    double fps = 0;    // nominal; 0 = unknown
    std::int64_t length = -1;
    double duration_s = -1;
    bool can_seek = false;
    bool has_items = false;  // frames are files with names of their own
    // Frames come whether somebody asks or not, so reading never pauses, and no frame is a stall.
    bool live = false;
};

struct Reading {
    enum class Outcome {
        kFrame,
        kDamaged,     // a frame came but could not be decoded
        kNothingYet,  // the deadline passed
        kEnd,         // and the reader was told not to loop
        kRest,        // nothing more will come and all is well; read again when a step is asked for
        kTrouble,
    };
    Outcome outcome = Outcome::kNothingYet;
    std::shared_ptr<Frame> frame;  // kFrame
    std::string remark;            // kFrame: what it lacks, as a sentence
    Trouble trouble;               // kTrouble
    // When the frame is to be shown, in seconds on the reader's own time line, which goes on
    // through loops; nothing = as soon as possible.
    std::optional<double> due_s;
    std::uint64_t newly_skipped = 0;  // files passed over since the last reading
    std::int64_t length = -1;         // where it became known only now
};

// The seam between the machinery (threads, states, pacing, back-off) and what gives pictures.
//
// Threads: everything is called on one reading thread. open() and read() may throw Error, which
// means trouble without retry. read() returns soon after `deadline` or a stop request if the thing
// below lets it.
class FrameReader {
public:
    virtual ~FrameReader() = default;
    // Called again after close() for a retry.
    virtual std::variant<Opened, Trouble> open(std::stop_token stop) = 0;
    virtual Reading read(FramePool& pool, Clock::time_point deadline, std::stop_token stop) = 0;
    virtual void close() noexcept = 0;
    // The next read() gives the frame that belongs to this time, or the one before the last read.
    // False where there is no such thing.
    virtual bool seek(double /*media_time_s*/) { return false; }
    virtual bool seekBack() { return false; }
    // Cheap; asked a few times per second while waiting to retry, so that a camera plugged in again
    // is taken at once. May answer true once for each change of the world.
    virtual bool worthRetryingNow() { return false; }
};

}  // namespace overfeat::capture
