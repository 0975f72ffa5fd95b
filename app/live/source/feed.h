// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "app/capture/source.h"
#include "engine/core/latest_slot.h"

namespace overfeat::app {

// Where one source's frames go: to the preview (the newest one, with one nudge for the GUI) and to
// the network, which passes over those of a source that is not in use. Belongs to the source's
// sink, so a thread that is stuck in a driver when its source is closed still has something to
// write to.
struct Feed {
    LatestSlot<FramePtr> preview;
    std::atomic<std::uint64_t> newest = 0;  // id of the last frame
    std::function<void()> nudge;
    std::function<void(FramePtr)> to_network;

    static capture::FrameSink sink(std::shared_ptr<Feed> feed) {
        return [feed = std::move(feed)](const FramePtr& frame) {
            feed->newest = frame->id;
            feed->preview.put(frame);  // first: no result comes before its picture
            feed->to_network(frame);
            feed->nudge();
        };
    }
};

}  // namespace overfeat::app
