// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/detection.h"

namespace overfeat::detect {

struct TrackerOptions {
    // An object is the same as in the frame before if the boxes overlap by at least this IoU.
    double least_overlap = 0.3;
    // Shown once it has been seen in so many frames; a single frame's fancy never is.
    int frames_to_appear = 2;
    // Stays, where it was, for so long after it was last seen.
    double longest_gap_s = 0.5;
    // How quickly older frames are forgotten: time constants of the label's vote and of the box.
    double label_time_constant_s = 1.0;
    double box_time_constant_s = 0.1;
};

// Temporal consensus: follows objects from frame to frame by the overlap of their boxes, so that
// neither labels nor boxes flicker. The label of an object is the class with the largest sum of
// scores over its recent frames.
//
// Deterministic: the same frames give the same tracks. Threads: one at a time.
class OVERFEAT_API Tracker {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit Tracker(TrackerOptions options = {}) : options_(options) {}

    // `found` with objects replaced by the tracks that are shown; their `track` is set. An object
    // that was missed in this frame has no voters. A frame that is not later than the one before
    // starts anew (the video was rewound).
    Detections follow(Detections found, Time captured);
    // As follow(), but this frame alone says what is there: everything in it is shown at once, and
    // nothing that is not in it stays. For the first frame of a video and after other options;
    // what was there before keeps its number.
    Detections restart(Detections found, Time captured);
    void reset() noexcept;

private:
    struct Track {
        std::uint64_t number = 0;
        Detection object;
        std::vector<std::pair<std::size_t, double>> votes;  // class, forgetful sum of scores
        Time seen;
        int frames = 0;
        bool matched = false;
        bool shown = false;
    };

    Detections advance(Detections found, Time captured, bool anew);
    bool isOver(const Track& track, Time captured) const;
    bool replaced(const Track& track) const;
    void match(std::vector<Detection>& objects, Time captured);
    void update(Track& track, Detection object, Time captured);

    TrackerOptions options_;
    std::vector<Track> tracks_;
    std::uint64_t next_number_ = 1;
    Time previous_{};
};

}  // namespace overfeat::detect
