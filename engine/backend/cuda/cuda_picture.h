// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "engine/backend/cuda/device.h"
#include "engine/backend/picture.h"

namespace overfeat::backend::cuda {

// A picture on its way to the card and there. It goes up in a stream of its own while the processor
// does other things; plans wait for it on the card.
class CudaPicture final : public DevicePicture {
public:
    // Throws Error(kDeviceLost).
    explicit CudaPicture(const DeviceApi& api);

    bool set(const std::uint8_t* rgb, std::size_t row_bytes, SizePx size) override;

    const DeviceApi& api() const noexcept { return stream_.api(); }
    SizePx size() const noexcept { return size_; }  // empty = there is none
    // Its pixels, without anything between the rows; another one when a larger picture was set.
    const std::shared_ptr<const DeviceMemory>& memory() const noexcept { return memory_; }
    // What is queued from here on finds the picture in its memory.
    void makeWait(Stream& stream) const { stream.waitFor(uploaded_); }

    // Larger ones, which would hold as much of the memory that cannot be swapped, are refused.
    static constexpr std::int64_t kMostBytes = std::int64_t{64} << 20;

private:
    void makeRoomFor(std::int64_t bytes);

    std::shared_ptr<const DeviceMemory> memory_;
    PinnedMemory staging_;
    std::int64_t room_ = 0;  // bytes of both
    SizePx size_;
    Event uploaded_;
    Stream stream_;  // goes first, and waits for what is queued
};

}  // namespace overfeat::backend::cuda
