// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/box_packets.h"

#include <algorithm>
#include <bit>
#include <cmath>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/detect/vectorised.h"

namespace overfeat::detect {
namespace {

constexpr float kFar = 1e30F;

using Scores = std::array<float, 16>;

#if defined(__SSE2__)
// The compiler makes chains of loads and stores of what is one instruction or two.
inline float least(const Scores& scores) noexcept {
    const auto four = [&](std::size_t at) { return _mm_loadu_ps(scores.data() + at); };
    __m128 low = _mm_min_ps(_mm_min_ps(four(0), four(4)), _mm_min_ps(four(8), four(12)));
    low = _mm_min_ps(low, _mm_movehl_ps(low, low));
    return _mm_cvtss_f32(_mm_min_ss(low, _mm_shuffle_ps(low, low, 1)));
}
// A bit for each score that is not above `limit`.
inline std::uint32_t notAbove(float limit, const Scores& scores) noexcept {
    const auto four = [&](std::size_t at) {
        const __m128 low = _mm_cmple_ps(_mm_loadu_ps(scores.data() + at), _mm_set1_ps(limit));
        return static_cast<std::uint32_t>(_mm_movemask_ps(low)) << at;
    };
    return four(0) | four(4) | four(8) | four(12);
}
#else
inline float least(const Scores& scores) noexcept {
    return std::ranges::min(scores);
}
// A bit for each score that is not above `limit`.
inline std::uint32_t notAbove(float limit, const Scores& scores) noexcept {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < scores.size(); ++i)
        bits |= static_cast<std::uint32_t>(scores[i] <= limit) << i;
    return bits;
}
#endif

}  // namespace

struct BoxPackets::Search {
    Ranked own;
    std::size_t home;  // the own box's packet
    Partner best;
};

BoxPackets::Packet::Packet() noexcept {
    for (auto* shape : {&x2, &y2, &width, &height, &area, &diagonal})
        shape->fill(0);
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        clear(lane);
}

void BoxPackets::Packet::set(std::size_t lane, const Ranked& box) noexcept {
    x2[lane] = box.shape.x2;
    y2[lane] = box.shape.y2;
    width[lane] = box.shape.width;
    height[lane] = box.shape.height;
    area[lane] = box.shape.area;
    diagonal[lane] = box.shape.diagonal;
    rank[lane] = box.rank;
}

void BoxPackets::Packet::clear(std::size_t lane) noexcept {
    x2[lane] = kFar;  // where it matches nothing
    rank[lane] = kNobody;
}

BoxPackets::Ranked BoxPackets::Packet::get(std::size_t lane) const noexcept {
    return {{x2[lane], y2[lane], width[lane], height[lane], area[lane], diagonal[lane]},
            rank[lane]};
}

// Not with itself.
inline void BoxPackets::Packet::match(const Ranked& own, Lanes<float>& scores) const noexcept {
    for (std::size_t i = 0; i < kLanes; ++i) {
        const float score =
            matchOf(own.shape, {x2[i], y2[i], width[i], height[i], area[i], diagonal[i]});
        scores[i] = rank[i] == own.rank ? kFar : score;
    }
}

BoxPackets::Node::Node() noexcept {
    for (auto* low : {&low_x2, &low_y2, &area})
        low->fill(kFar);
    for (auto* high : {&high_x2, &high_y2, &width, &height, &diagonal})
        high->fill(-kFar);
}

void BoxPackets::Node::include(std::size_t lane, const BoxShape& box) noexcept {
    low_x2[lane] = std::min(low_x2[lane], box.x2);
    high_x2[lane] = std::max(high_x2[lane], box.x2);
    low_y2[lane] = std::min(low_y2[lane], box.y2);
    high_y2[lane] = std::max(high_y2[lane], box.y2);
    width[lane] = std::max(width[lane], box.width);
    height[lane] = std::max(height[lane], box.height);
    diagonal[lane] = std::max(diagonal[lane], box.diagonal);
    area[lane] = std::min(area[lane], box.area);
}

// What the best of the boxes below a child may have.
inline void BoxPackets::Node::match(const BoxShape& own, Lanes<float>& scores) const noexcept {
    for (std::size_t i = 0; i < kLanes; ++i) {
        const float x = std::max(std::max(low_x2[i] - own.x2, own.x2 - high_x2[i]), 0.0F);
        const float y = std::max(std::max(low_y2[i] - own.y2, own.y2 - high_y2[i]), 0.0F);
        scores[i] = matchOf(x, y, sharedLength(own.width, width[i], x),
                            sharedLength(own.height, height[i], y), own.diagonal + diagonal[i],
                            own.area + area[i]);
    }
}

OVERFEAT_VECTORISED std::optional<BoxPackets::Partner> BoxPackets::bestPartner(std::uint32_t rank,
                                                                               float limit) const {
    const std::uint32_t place = places_[rank];
    Search search{packets_[place / kLanes].get(place % kLanes), place / kLanes, {limit, 0}};
    compare(search, search.home);
    if (packets_.size() > 1) descend(search);
    if (!(search.best.match < limit)) return std::nullopt;
    return search.best;
}

inline void BoxPackets::compare(Search& search, std::size_t index) const {
    const Packet& packet = packets_[index];
    Lanes<float> scores;
    packet.match(search.own, scores);
    const float match = least(scores);
    if (match > search.best.match) return;
    std::uint32_t bits = notAbove(match, scores);
    std::uint32_t rank = kNobody;
    for (; bits != 0; bits &= bits - 1)
        rank = std::min(rank, packet.rank[static_cast<std::size_t>(std::countr_zero(bits))]);
    if (match < search.best.match || rank < search.best.rank) search.best = {match, rank};
}

// Depth first. Without recursion, so that all of the search is compiled as one function.
inline void BoxPackets::descend(Search& search) const {
    struct Open {
        std::size_t first_child;
        std::uint32_t bits;
        Lanes<float> scores;
    };
    std::array<Open, 8> open;  // a level each: 16^8 packets are more than ranks
    const auto enter = [&](std::size_t level, std::size_t node) {
        Open& now = open[level];
        now.first_child = node * kLanes;
        levels_[level][node].match(search.own.shape, now.scores);
        now.bits = notAbove(search.best.match, now.scores);
    };
    const std::size_t top = levels_.size() - 1;
    enter(top, 0);
    for (std::size_t level = top;;) {
        Open& now = open[level];
        if (now.bits == 0) {
            if (level == top) return;
            ++level;
            continue;
        }
        const auto lane = static_cast<std::size_t>(std::countr_zero(now.bits));
        now.bits &= now.bits - 1;
        if (now.scores[lane] > search.best.match) continue;
        const std::size_t child = now.first_child + lane;
        if (level > 0) {
            enter(--level, child);
        } else if (child != search.home) {
            compare(search, child);
        }
    }
}

void BoxPackets::arrange(std::span<const BoxShape> boxes) {
    order_.clear();
    order_.reserve(boxes.size());
    for (std::uint32_t i = 0; i < boxes.size(); ++i)
        order_.push_back({boxes[i], i});
    places_.assign(boxes.size(), 0);
    build();
}

// Puts similar boxes side by side: halves them again and again along that of the four directions
// (place and size in x and y) in which they differ most.
void BoxPackets::split(std::span<Ranked> boxes) {
    if (boxes.size() <= kLanes) return;
    BoxShape low{kFar, kFar, kFar, kFar, 0, 0};
    BoxShape high{-kFar, -kFar, -kFar, -kFar, 0, 0};
    for (const Ranked& box : boxes) {
        low.x2 = std::min(low.x2, box.shape.x2);
        low.y2 = std::min(low.y2, box.shape.y2);
        low.width = std::min(low.width, box.shape.width);
        low.height = std::min(low.height, box.shape.height);
        high.x2 = std::max(high.x2, box.shape.x2);
        high.y2 = std::max(high.y2, box.shape.y2);
        high.width = std::max(high.width, box.shape.width);
        high.height = std::max(high.height, box.shape.height);
    }
    float BoxShape::*widest = &BoxShape::x2;
    float most = (high.x2 - low.x2) / 2;
    const auto consider = [&](float BoxShape::*trait, float pixels) {
        if (pixels > most) {
            most = pixels;
            widest = trait;
        }
    };
    consider(&BoxShape::y2, (high.y2 - low.y2) / 2);
    consider(&BoxShape::width, high.width - low.width);
    consider(&BoxShape::height, high.height - low.height);
    const std::size_t packets = (boxes.size() + kLanes - 1) / kLanes;
    const std::size_t half = packets / 2 * kLanes;
    std::nth_element(
        boxes.begin(), boxes.begin() + static_cast<std::ptrdiff_t>(half), boxes.end(),
        [widest](const Ranked& a, const Ranked& b) { return a.shape.*widest < b.shape.*widest; });
    split(boxes.first(half));
    split(boxes.subspan(half));
}

void BoxPackets::build() {
    split(order_);
    living_ = order_.size();
    const auto parents = [](std::size_t children) { return (children + kLanes - 1) / kLanes; };
    packets_.assign(parents(order_.size()), Packet());
    std::size_t depth = 0;
    for (std::size_t nodes = packets_.size(); nodes > 1; ++depth) {
        nodes = parents(nodes);
        if (levels_.size() <= depth) levels_.emplace_back();
        levels_[depth].assign(nodes, Node());
    }
    levels_.resize(depth);
    for (std::size_t i = 0; i < order_.size(); ++i) {
        packets_[i / kLanes].set(i % kLanes, order_[i]);
        places_[order_[i].rank] = static_cast<std::uint32_t>(i);
        widen(order_[i].rank, order_[i].shape);
    }
}

void BoxPackets::widen(std::uint32_t rank, const BoxShape& box) {
    std::size_t child = places_[rank] / kLanes;
    for (auto& level : levels_) {
        level[child / kLanes].include(child % kLanes, box);
        child /= kLanes;
    }
}

void BoxPackets::merge(std::uint32_t kept, std::uint32_t gone, const BoxShape& merged) {
    packets_[places_[kept] / kLanes].set(places_[kept] % kLanes, {merged, kept});
    widen(kept, merged);
    packets_[places_[gone] / kLanes].clear(places_[gone] % kLanes);
    --living_;
    if (living_ * 2 >= packets_.size() * kLanes || packets_.size() == 1) return;
    order_.clear();
    for (const Packet& packet : packets_)
        for (std::size_t lane = 0; lane < kLanes; ++lane)
            if (packet.rank[lane] != kNobody) order_.push_back(packet.get(lane));
    build();
}

}  // namespace overfeat::detect
