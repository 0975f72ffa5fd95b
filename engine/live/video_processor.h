// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "engine/live/session.h"

namespace overfeat::live {

// What the window wants of successive frames. Shared with the inference thread, any time.
struct VideoControls {
    std::atomic<bool> steady = true;     // objects are followed over time (detect::Tracker)
    std::atomic<double> least_fps = 10;  // work is left out to hold it (FrameBudget); 0 = none
    std::atomic<bool> running = true;    // false: a still or paused picture gets the full work
    std::atomic<int> sequence = 0;       // counts sources: what was before does not matter
};

// Lets `inner` look at the frames of a video: with temporal consensus and a frame-rate floor. A
// still picture, a frame that is looked at again, the first of a source, and everything while not
// running get the full work and all objects at once. `options` are those that `inner` was made
// with.
std::unique_ptr<Processor> makeVideoProcessor(std::unique_ptr<Processor> inner,
                                              const detect::RecogniserOptions& options,
                                              std::shared_ptr<const VideoControls> controls);

}  // namespace overfeat::live
