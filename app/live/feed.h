// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "app/capture/source.h"
#include "engine/core/latest_slot.h"

namespace overfeat::app {

// Where one source's frames go: to the preview (the newest one, with one nudge for the GUI) and,
// once the source has been taken into use, to the network. Belongs to the source's sink, so a
// thread that is stuck in a driver when its source is closed still has something to write to.
struct Feed {
    LatestSlot<FramePtr> preview;
    std::uint64_t sequence = 0;  // tells this source's frames from those of others; set once
    std::atomic<bool> in_use = false;
    std::atomic<std::uint64_t> newest_for_network = 0;  // id of the frame given to it last
    std::function<void()> nudge;
    std::function<void(FramePtr, std::uint64_t sequence)> to_network;

    // Once each, whoever is first: the capture thread or the GUI, which looks at the first frame.
    void give(const FramePtr& frame) {
        if (newest_for_network.exchange(frame->id) != frame->id) to_network(frame, sequence);
    }

    static capture::FrameSink sink(std::shared_ptr<Feed> feed) {
        return [feed = std::move(feed)](const FramePtr& frame) {
            feed->preview.put(frame);  // first: no result comes before its picture
            if (feed->in_use) feed->give(frame);
            feed->nudge();
        };
    }
};

}  // namespace overfeat::app
