// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace overfeat::capture {

// Numbers out of untrusted bytes: reading beyond the end gives 0 and is remembered, so that a
// parser can be written straight and ask once.
class ByteView {
public:
    explicit ByteView(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}

    std::uint64_t size() const noexcept { return bytes_.size(); }
    bool overrun() const noexcept { return overrun_; }
    bool holds(std::uint64_t offset, std::uint64_t count) const noexcept {
        return offset <= size() && count <= size() - offset;
    }

    std::uint32_t big(std::uint64_t offset, int count) noexcept {
        if (!check(offset, count)) return 0;
        std::uint32_t value = 0;
        for (int i = 0; i < count; ++i)
            value = value << 8 | bytes_[offset + at(i)];
        return value;
    }
    std::uint32_t little(std::uint64_t offset, int count) noexcept {
        if (!check(offset, count)) return 0;
        std::uint32_t value = 0;
        for (int i = count; i-- > 0;)
            value = value << 8 | bytes_[offset + at(i)];
        return value;
    }
    std::uint32_t byte(std::uint64_t offset) noexcept { return big(offset, 1); }

    bool has(std::uint64_t offset, std::string_view text) const noexcept {
        return holds(offset, text.size()) &&
               std::memcmp(bytes_.data() + offset, text.data(), text.size()) == 0;
    }
    std::span<const std::uint8_t> from(std::uint64_t offset, std::uint64_t count) const noexcept {
        if (!holds(offset, count)) return {};
        return bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
    }

private:
    static std::size_t at(int i) noexcept { return static_cast<std::size_t>(i); }
    bool check(std::uint64_t offset, int count) noexcept {
        if (holds(offset, static_cast<std::uint64_t>(count))) return true;
        overrun_ = true;
        return false;
    }

    std::span<const std::uint8_t> bytes_;
    bool overrun_ = false;
};

}  // namespace overfeat::capture
