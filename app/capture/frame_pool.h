// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/core/image.h"

namespace overfeat::capture {

// The next frame id of this process; ids start at 1.
std::uint64_t nextFrameId() noexcept;

// Hands out frames to write into and takes their memory back when the last owner lets go, so that a
// camera does not ask the allocator for megabytes thirty times a second.
//
// Threads: take() from one thread at a time; frames may be let go on any thread, also after the
// pool is gone.
class FramePool {
public:
    // A few frames are on their way at any time: in a slot, at the network, on the screen.
    static constexpr std::size_t kKept = 6;

    FramePool();
    // A frame of this size with a new id and undefined pixels. Throws Error(kInput) if it is larger
    // than Image allows.
    std::shared_ptr<Frame> take(SizePx size);

private:
    struct Shelf;
    std::shared_ptr<Shelf> shelf_;
};

}  // namespace overfeat::capture
