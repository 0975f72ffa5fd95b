// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/memory_plan.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>

#include "engine/core/error.h"

namespace overfeat::backend {

BufferId MemoryPlan::add(std::int64_t bytes) {
    Buffer buffer;
    buffer.bytes = (std::max<std::int64_t>(bytes, 1) + alignment_ - 1) / alignment_ * alignment_;
    buffers_.push_back(buffer);
    return static_cast<BufferId>(buffers_.size() - 1);
}

void MemoryPlan::use(BufferId id, int step) {
    Buffer& buffer = at(id);
    if (buffer.first < 0) buffer.first = step;
    buffer.first = std::min(buffer.first, step);
    buffer.last = std::max(buffer.last, step);
}

void MemoryPlan::keep(BufferId id) {
    at(id).first = 0;
    at(id).last = std::numeric_limits<int>::max();
}

std::int64_t MemoryPlan::layOut() {
    std::vector<Buffer*> order;
    for (Buffer& buffer : buffers_)
        if (buffer.first >= 0) order.push_back(&buffer);
    std::ranges::stable_sort(order, std::greater<>{}, &Buffer::bytes);
    std::vector<const Buffer*> placed;  // by offset
    std::int64_t bytes = 0;
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
        bytes = std::max(bytes, offset + buffer->bytes);
    }
    return bytes;
}

void checkBudget(std::int64_t bytes, std::int64_t limit, const Shape& input) {
    if (bytes <= limit) return;
    throw Error(ErrorCode::kModel, "The network needs " + std::to_string((bytes >> 20) + 1) +
                                       " MiB for an input of " + input.toString() +
                                       " and the limit is " + std::to_string(limit >> 20) +
                                       " MiB; use a smaller picture or fewer scales.");
}

}  // namespace overfeat::backend
