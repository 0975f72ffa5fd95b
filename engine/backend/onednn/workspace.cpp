// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/workspace.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

namespace overfeat::backend::onednn {
namespace {

constexpr std::int64_t kAlignment = 64;

}  // namespace

void Workspace::FreeAligned::operator()(std::byte* p) const noexcept {
    std::free(p);
}

BufferId Workspace::add(std::int64_t bytes) {
    Buffer buffer;
    buffer.bytes = (std::max<std::int64_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
    buffers_.push_back(buffer);
    return static_cast<BufferId>(buffers_.size() - 1);
}

BufferId Workspace::addForeign(const float* data) {
    Buffer buffer;
    buffer.foreign = data;
    buffer.address = const_cast<float*>(data);  // users of constants only read
    buffers_.push_back(buffer);
    return static_cast<BufferId>(buffers_.size() - 1);
}

void Workspace::use(BufferId id, int step) {
    Buffer& buffer = at(id);
    if (buffer.first < 0) buffer.first = step;
    buffer.first = std::min(buffer.first, step);
    buffer.last = std::max(buffer.last, step);
}

void Workspace::keep(BufferId id) {
    at(id).first = 0;
    at(id).last = std::numeric_limits<int>::max();
}

std::int64_t Workspace::layOut() {
    std::vector<Buffer*> order;
    for (Buffer& buffer : buffers_)
        if (buffer.foreign == nullptr && buffer.first >= 0) order.push_back(&buffer);
    std::ranges::stable_sort(order, std::greater<>{}, &Buffer::bytes);
    std::vector<const Buffer*> placed;  // by offset
    bytes_ = 0;
    for (Buffer* buffer : order) {
        std::int64_t offset = 0;
        for (const Buffer* other : placed) {
            if (other->last < buffer->first || buffer->last < other->first) continue;
            if (offset + buffer->bytes <= other->offset) break;
            offset = std::max(offset, other->offset + other->bytes);
        }
        buffer->offset = offset;
        const auto place = std::ranges::upper_bound(placed, offset, {}, &Buffer::offset);
        placed.insert(place, buffer);
        bytes_ = std::max(bytes_, offset + buffer->bytes);
    }
    return bytes_;
}

void Workspace::allocate() {
    const auto size = static_cast<std::size_t>(std::max(bytes_, kAlignment));
    block_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, size)));
    if (!block_) throw std::bad_alloc();
    std::memset(block_.get(), 0, size);  // the pages exist before the first frame comes
    for (Buffer& buffer : buffers_) {
        if (buffer.foreign == nullptr) {
            buffer.address = reinterpret_cast<float*>(block_.get() + buffer.offset);
        }
    }
}

}  // namespace overfeat::backend::onednn
