// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/cuda_picture.h"

#include <cstring>

namespace overfeat::backend::cuda {

CudaPicture::CudaPicture(const DeviceApi& api) : uploaded_(createEvent(api)), stream_(api) {}

bool CudaPicture::set(const std::uint8_t* rgb, std::size_t row_bytes, SizePx size) {
    size_ = {};  // also if anything fails
    const std::int64_t packed_row = 3 * std::int64_t{size.width};
    const std::int64_t bytes = packed_row * size.height;
    if (size.empty() || bytes > kMostBytes) return false;
    // The last one may still be on its way: after a stop no plan came to read it.
    if (room_ > 0) stream_.synchronize();
    makeRoomFor(bytes);
    auto* to = static_cast<std::uint8_t*>(staging_.get());
    const auto length = static_cast<std::size_t>(packed_row);
    if (row_bytes == length) {
        std::memcpy(to, rgb, static_cast<std::size_t>(bytes));
    } else {
        for (int y = 0; y < size.height; ++y, rgb += row_bytes, to += length)
            std::memcpy(to, rgb, length);
    }
    stream_.copyToDevice(memory_->get(), staging_.get(), bytes);
    stream_.record(uploaded_);
    size_ = size;
    return true;
}

void CudaPicture::makeRoomFor(std::int64_t bytes) {
    if (bytes <= room_) return;
    room_ = 0;
    staging_ = {};
    memory_ = nullptr;  // plans that still read it hold it
    staging_ = allocatePinned(stream_.api(), bytes);
    memory_ = std::make_shared<const DeviceMemory>(allocate(stream_.api(), bytes));
    room_ = bytes;
}

}  // namespace overfeat::backend::cuda
