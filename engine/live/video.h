// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "engine/detect/tracker.h"
#include "engine/live/frame_budget.h"
#include "engine/live/processor.h"
#include "engine/live/settings.h"

namespace overfeat::live {

// What one frame of a video says about the next: objects are followed over time, and a frame rate
// is held by leaving work out.
//
// A still picture, a frame that is looked at again, the first of a source and everything while the
// source rests get the full work and all their objects at once. So are those of the first frame
// after somebody has sought shown, of which what was seen elsewhere in the video says nothing.
// Threads: one at a time.
class Video {
public:
    // Another network sees the frames from now on: what was known of its speed is not.
    void setNetwork(const detect::RecogniserInfo& network);

    // Looks at the next frame. `source_fps` is how many frames the source gives in a second, 0 =
    // not known yet.
    Recognition see(Processor& network, const Frame& frame, const Settings& settings,
                    double source_fps, std::stop_token stop);

private:
    Look wanted(Look look) const;

    FrameBudget budget_;
    detect::Tracker tracker_;
    detect::RecogniserInfo network_;
    std::optional<Look> look_;  // of the frame before
    std::uint64_t source_ = 0;
    std::uint64_t passage_ = 0;
    std::uint64_t frame_ = 0;
};

}  // namespace overfeat::live
