// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace overfeat::learn {

// FNV-1a of 64 bits over a row's values, kept beside them: SQLite notices a damaged structure, but
// not a damaged value. Against accidents, not against people.
class Checksum {
public:
    Checksum& add(std::span<const std::byte> bytes) noexcept {
        add(static_cast<std::int64_t>(bytes.size()));
        for (const std::byte byte : bytes) {
            hash_ = (hash_ ^ static_cast<std::uint64_t>(byte)) * 0x100000001B3ULL;
        }
        return *this;
    }
    Checksum& add(std::string_view text) noexcept { return add(std::as_bytes(std::span(text))); }
    Checksum& add(std::int64_t value) noexcept {
        const auto bits = static_cast<std::uint64_t>(value);
        for (int shift = 0; shift < 64; shift += 8) {
            hash_ = (hash_ ^ ((bits >> shift) & 0xFFU)) * 0x100000001B3ULL;
        }
        return *this;
    }
    Checksum& add(double value) noexcept { return add(std::bit_cast<std::int64_t>(value)); }

    std::int64_t value() const noexcept { return std::bit_cast<std::int64_t>(hash_); }

private:
    std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

}  // namespace overfeat::learn
