// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/shape.h"

namespace overfeat::backend {

using BufferId = std::int32_t;

// Where in one block of memory the buffers of a plan lie: those that are never needed at the same
// time share their place. First every buffer and the steps that touch it are declared, then the
// block is laid out.
class MemoryPlan {
public:
    explicit MemoryPlan(std::int64_t alignment) : alignment_(alignment) {}

    // A buffer of `bytes`, needed from the first to the last step that `use` names.
    BufferId add(std::int64_t bytes);
    void use(BufferId buffer, int step);
    // The buffer's contents are wanted between runs: it shares its place with nothing.
    void keep(BufferId buffer);

    // Gives every buffer its place; returns the size of the block in bytes. Large buffers choose
    // first, each takes the lowest gap among those it overlaps with in time.
    std::int64_t layOut();

    std::int64_t offset(BufferId buffer) const noexcept { return at(buffer).offset; }

private:
    struct Buffer {
        std::int64_t bytes = 0;
        int first = -1;
        int last = -1;
        std::int64_t offset = 0;
    };
    Buffer& at(BufferId id) { return buffers_[static_cast<std::size_t>(id)]; }
    const Buffer& at(BufferId id) const { return buffers_[static_cast<std::size_t>(id)]; }

    std::int64_t alignment_;
    std::vector<Buffer> buffers_;
};

// Throws Error(kModel) if a plan for `input` needs more than `limit`.
void checkBudget(std::int64_t bytes, std::int64_t limit, const Shape& input);

}  // namespace overfeat::backend
