// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
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
    std::atomic<bool> in_use = false;
    std::function<void()> nudge;
    std::function<void(FramePtr)> to_network;

    static capture::FrameSink sink(std::shared_ptr<Feed> feed) {
        return [feed = std::move(feed)](FramePtr frame) {
            if (feed->in_use) feed->to_network(frame);
            feed->preview.put(std::move(frame));
            feed->nudge();
        };
    }
};

}  // namespace overfeat::app
