// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/backend/simulated/simulated_memory.h"

#include <utility>

namespace overfeat::test {

void* SimulatedMemory::allocate(std::size_t bytes, Kind kind) {
    if (bytes == 0) throw Misuse("No bytes are asked for.");
    std::size_t used = bytes;
    for (const auto& [begin, block] : blocks_)
        if (block.kind == Kind::kDevice) used += block.bytes.size();
    if (kind == Kind::kDevice && used > static_cast<std::size_t>(device_bytes_)) return nullptr;
    Block block{kind, std::vector<std::byte>(bytes, std::byte{0xFF})};
    void* begin = block.bytes.data();
    blocks_.emplace(static_cast<const std::byte*>(begin), std::move(block));
    return begin;
}

void SimulatedMemory::release(void* memory, Kind kind) {
    if (memory == nullptr) return;
    const auto block = blocks_.find(static_cast<const std::byte*>(memory));
    if (block == blocks_.end() || block->second.kind != kind)
        throw Misuse("What is released is not memory of this kind.");
    blocks_.erase(block);
}

void SimulatedMemory::requireWithin(const void* data, std::size_t bytes, Kind kind) const {
    const auto* begin = static_cast<const std::byte*>(data);
    auto block = blocks_.upper_bound(begin);
    if (block == blocks_.begin()) throw Misuse("This is nobody's memory.");
    --block;
    const auto offset = static_cast<std::size_t>(begin - block->first);
    if (offset >= block->second.bytes.size()) throw Misuse("This is nobody's memory.");
    if (block->second.bytes.size() - offset < bytes)
        throw Misuse("This reaches beyond its memory.");
    if (block->second.kind != kind) {
        throw Misuse(kind == Kind::kDevice ? "Memory of the processor is given to the device."
                                           : "Memory of the device is read by the processor.");
    }
}

std::int64_t SimulatedMemory::bytes() const noexcept {
    std::int64_t total = 0;
    for (const auto& [begin, block] : blocks_)
        total += static_cast<std::int64_t>(block.bytes.size());
    return total;
}

}  // namespace overfeat::test
