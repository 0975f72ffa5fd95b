// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/detect/box_shape.h"

namespace overfeat::detect {

// The living boxes of a class in packets of similar ones, so that a few vector instructions compare
// a box with a whole packet. Above the packets stands a tree of their bounds, which leaves out
// those that are too far away or of another size.
//
// A box is known by its rank. A merged box takes the place of one that it was made from, so nothing
// is moved; when half of the places are empty, the packets are made anew.
class BoxPackets {
public:
    struct Partner {
        float match;  // score (merge_votes.h)
        std::uint32_t rank;
    };

    // Forgets what was there; boxes[i] gets the rank i.
    void arrange(std::span<const BoxShape> boxes);

    // Which other box matches best, if any does better than `limit`; of equal ones that of the
    // lowest rank.
    std::optional<Partner> bestPartner(std::uint32_t rank, float limit) const;

    // Box `kept` becomes `merged`, `gone` goes.
    void merge(std::uint32_t kept, std::uint32_t gone, const BoxShape& merged);

private:
    static constexpr std::size_t kLanes = 16;
    static constexpr std::uint32_t kNobody = 0xFFFFFFFF;
    template <class T>
    using Lanes = std::array<T, kLanes>;

    struct Ranked {
        BoxShape shape;
        std::uint32_t rank;
    };

    struct alignas(64) Packet {
        Lanes<float> x2, y2, width, height, area, diagonal;
        Lanes<std::uint32_t> rank;

        Packet() noexcept;
        void set(std::size_t lane, const Ranked& box) noexcept;
        void clear(std::size_t lane) noexcept;
        Ranked get(std::size_t lane) const noexcept;
        void match(const Ranked& own, Lanes<float>& scores) const noexcept;
    };

    // Bounds of the boxes below each child.
    struct alignas(64) Node {
        Lanes<float> low_x2, high_x2, low_y2, high_y2;  // of the centres
        Lanes<float> width, height, diagonal;           // the largest
        Lanes<float> area;                              // the smallest

        Node() noexcept;
        void include(std::size_t lane, const BoxShape& box) noexcept;
        void match(const BoxShape& own, Lanes<float>& scores) const noexcept;
    };

    struct Search;
    void compare(Search& search, std::size_t packet) const;
    void descend(Search& search) const;

    static void split(std::span<Ranked> boxes);
    void build();
    void widen(std::uint32_t rank, const BoxShape& box);

    std::vector<Packet> packets_;
    std::vector<std::vector<Node>> levels_;  // [0] is above the packets, the last has one node
    std::vector<std::uint32_t> places_;      // of each rank: packet * kLanes + lane
    std::vector<Ranked> order_;
    std::size_t living_ = 0;
};

}  // namespace overfeat::detect
