// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace overfeat::backend::onednn {

using BufferId = std::int32_t;

// All memory that one plan computes in: a single block, in which buffers that are never needed at
// the same time share their place. First every buffer and the steps that touch it are declared,
// then the block is laid out and allocated once.
class Workspace {
public:
    // A buffer of `bytes`, needed from the first to the last step that `use` names.
    BufferId add(std::int64_t bytes);
    // Memory that somebody else owns and that outlives the workspace; only read.
    BufferId addForeign(const float* data);
    void use(BufferId buffer, int step);
    // The buffer's contents are wanted between runs: it shares its place with nothing.
    void keep(BufferId buffer);
    bool isForeign(BufferId buffer) const { return at(buffer).foreign != nullptr; }

    // Gives every buffer its place; returns the size of the block in bytes. Large buffers choose
    // first, each takes the lowest gap among those it overlaps with in time.
    std::int64_t layOut();
    // Throws std::bad_alloc.
    void allocate();

    // Aligned to 64 bytes, valid after allocate().
    float* data(BufferId buffer) const noexcept { return at(buffer).address; }
    // Bytes before the buffer in the block; for tests.
    std::int64_t offset(BufferId buffer) const noexcept { return at(buffer).offset; }

private:
    struct Buffer {
        std::int64_t bytes = 0;
        int first = -1;
        int last = -1;
        std::int64_t offset = 0;
        const float* foreign = nullptr;
        float* address = nullptr;
    };
    struct FreeAligned {
        void operator()(std::byte* p) const noexcept;
    };

    Buffer& at(BufferId id) { return buffers_[static_cast<std::size_t>(id)]; }
    const Buffer& at(BufferId id) const { return buffers_[static_cast<std::size_t>(id)]; }

    std::vector<Buffer> buffers_;
    std::int64_t bytes_ = 0;
    std::unique_ptr<std::byte, FreeAligned> block_;
};

}  // namespace overfeat::backend::onednn
