// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <vector>

namespace overfeat::test {

// What a caller did wrong. Cards answer to that with anything at all.
struct Misuse : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The memory of a simulated card, and what is pinned for it; every use of it is checked.
class SimulatedMemory {
public:
    enum class Kind { kDevice, kPinned };

    explicit SimulatedMemory(std::int64_t device_bytes) : device_bytes_(device_bytes) {}

    // Null if the card is full. Begins as not-a-number.
    void* allocate(std::size_t bytes, Kind kind);
    void release(void* memory, Kind kind);
    // Throws unless [data, data + bytes) lies within one block of the kind.
    void requireWithin(const void* data, std::size_t bytes, Kind kind) const;

    std::size_t blocks() const noexcept { return blocks_.size(); }
    std::int64_t bytes() const noexcept;

private:
    struct Block {
        Kind kind;
        std::vector<std::byte> bytes;
    };
    std::int64_t device_bytes_;
    std::map<const std::byte*, Block> blocks_;
};

}  // namespace overfeat::test
