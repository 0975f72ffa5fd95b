// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace overfeat::detect {

// Numbered keys of which the least is asked for and some change: a tournament, where every match is
// played again only if a player changes. Of equal keys the lowest number wins.
class LeastKey {
public:
    // Not below 0; kNone is above all others.
    static constexpr float kNone = std::numeric_limits<float>::infinity();

    void reset(std::span<const float> keys) {
        players_ = std::bit_ceil(std::max<std::size_t>(keys.size(), 1));
        winners_.assign(2 * players_, entry(kNone, 0));
        for (std::size_t i = 0; i < keys.size(); ++i)
            winners_[players_ + i] = entry(keys[i], i);
        for (std::size_t match = players_ - 1; match > 0; --match)
            play(match);
    }

    void set(std::size_t number, float key) {
        std::size_t at = players_ + number;
        winners_[at] = entry(key, number);
        while ((at /= 2) > 0)
            play(at);
    }

    std::uint32_t number() const noexcept { return static_cast<std::uint32_t>(winners_[1]); }
    float key() const noexcept {
        return std::bit_cast<float>(static_cast<std::uint32_t>(winners_[1] >> 32));
    }

private:
    // Floats that are not negative have the order of their bits.
    static std::uint64_t entry(float key, std::size_t number) noexcept {
        return std::uint64_t{std::bit_cast<std::uint32_t>(key)} << 32 | number;
    }
    void play(std::size_t match) {
        winners_[match] = std::min(winners_[2 * match], winners_[2 * match + 1]);
    }

    std::size_t players_ = 0;
    std::vector<std::uint64_t> winners_;  // [1] is the final's, the players begin at players_
};

}  // namespace overfeat::detect
