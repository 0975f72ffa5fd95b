// SPDX-License-Identifier: Apache-2.0
#include "app/capture/frame_pool.h"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

namespace overfeat::capture {

std::uint64_t nextFrameId() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

struct FramePool::Shelf {
    std::mutex mutex;
    std::vector<std::unique_ptr<Frame>> idle;
};

FramePool::FramePool() : shelf_(std::make_shared<Shelf>()) {
    shelf_->idle.reserve(kKept);
}

std::shared_ptr<Frame> FramePool::take(SizePx size) {
    std::unique_ptr<Frame> frame;
    {
        const std::scoped_lock lock(shelf_->mutex);
        if (!shelf_->idle.empty()) {
            frame = std::move(shelf_->idle.back());
            shelf_->idle.pop_back();
        }
    }
    if (!frame) frame = std::make_unique<Frame>();
    if (frame->image.size() != size) frame->image = Image(size);
    frame->id = nextFrameId();
    frame->passage = 0;
    frame->index = -1;
    frame->media_time_s.reset();
    // Only a weak pointer: the shelf dies with its source, frames on screen live on.
    auto putBack = [shelf = std::weak_ptr<Shelf>(shelf_)](Frame* used) {
        std::unique_ptr<Frame> owned(used);
        const auto open = shelf.lock();
        if (!open) return;
        const std::scoped_lock lock(open->mutex);
        if (open->idle.size() < kKept) open->idle.push_back(std::move(owned));
    };
    return {frame.release(), std::move(putBack)};
}

}  // namespace overfeat::capture
