// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/backend/memory_plan.h"

namespace overfeat::backend::onednn {

// All memory that one plan computes in: a single block, in which buffers that are never needed at
// the same time share their place. First every buffer and the steps that touch it are declared,
// then the block is laid out and allocated once.
class Workspace {
public:
    // See MemoryPlan.
    BufferId add(std::int64_t bytes);
    // Memory that somebody else owns and that outlives the workspace; only read.
    BufferId addForeign(const float* data);
    void use(BufferId buffer, int step);
    void keep(BufferId buffer) { plan_.keep(buffer); }
    bool isForeign(BufferId buffer) const { return at(buffer).foreign != nullptr; }
    // The size of the block in bytes.
    std::int64_t layOut() { return bytes_ = plan_.layOut(); }
    // Throws std::bad_alloc.
    void allocate();

    // Aligned to 64 bytes, valid after allocate().
    float* data(BufferId buffer) const noexcept { return at(buffer).address; }
    // Bytes before the buffer in the block; for tests.
    std::int64_t offset(BufferId buffer) const noexcept { return plan_.offset(buffer); }

private:
    struct Buffer {
        const float* foreign = nullptr;
        float* address = nullptr;
    };
    struct FreeAligned {
        void operator()(std::byte* p) const noexcept;
    };

    const Buffer& at(BufferId id) const { return buffers_[static_cast<std::size_t>(id)]; }

    static constexpr std::int64_t kAlignment = 64;

    MemoryPlan plan_{kAlignment};
    std::vector<Buffer> buffers_;
    std::int64_t bytes_ = 0;
    std::unique_ptr<std::byte, FreeAligned> block_;
};

}  // namespace overfeat::backend::onednn
