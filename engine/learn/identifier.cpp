// SPDX-License-Identifier: Apache-2.0
#include "engine/learn/identifier.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace overfeat::learn {
namespace {

constexpr std::size_t kLength = 36;

bool isDash(std::size_t at) {
    return at == 8 || at == 13 || at == 18 || at == 23;
}

}  // namespace

std::string newIdentifier() {
    // From the system each time: a generator of our own would repeat itself in a forked process.
    std::random_device source;
    std::array<std::uint8_t, 16> random{};
    for (std::uint8_t& byte : random)
        byte = static_cast<std::uint8_t>(source() & 0xFFU);
    random[6] = static_cast<std::uint8_t>((random[6] & 0x0FU) | 0x40U);
    random[8] = static_cast<std::uint8_t>((random[8] & 0x3FU) | 0x80U);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : random) {
        if (isDash(text.size())) text += '-';
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

bool isIdentifier(std::string_view text) noexcept {
    if (text.size() != kLength) return false;
    for (std::size_t i = 0; i < kLength; ++i) {
        const char c = text[i];
        const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (isDash(i) ? c != '-' : !digit) return false;
    }
    return true;
}

}  // namespace overfeat::learn
