// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/merge_votes.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <queue>
#include <utility>

namespace overfeat::detect {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

// The merge of one class. Boxes live in slots; a merged box takes the lower slot of its two.
//
// Every slot remembers the best partner among the slots after it. Slots are sorted by the centre's
// x at the start (`left_edge_`). A merged centre lies between those of its parts and its diagonal
// is no longer than theirs, so no box in slot j will ever have its centre left of left_edge_[j]:
// a search from left to right may stop where that bound alone is too far away.
class Merger {
public:
    Merger(std::span<const RawBox> raw, std::uint32_t first, const DetectionOptions& options)
        : options_(options) {
        slots_.reserve(raw.size());
        for (std::size_t i = 0; i < raw.size(); ++i) {
            Slot slot;
            slot.box = raw[i].box;
            slot.centre = slot.box.centre();
            slot.diagonal = std::hypot(slot.box.width, slot.box.height);
            slot.confidence = raw[i].score;
            slot.last = static_cast<std::uint32_t>(i);
            longest_ = std::max(longest_, slot.diagonal);
            left_edge_.push_back(slot.centre.x);
            slots_.push_back(slot);
        }
        next_voter_.assign(raw.size(), kNobody);
        alive_.resize(raw.size());
        std::iota(alive_.begin(), alive_.end(), 0U);
        first_ = first;
    }

    void run() {
        for (std::uint32_t i = 0; i < slots_.size(); ++i)
            findPartner(i);
        while (!queue_.empty()) {
            const Entry best = queue_.top();
            queue_.pop();
            Slot& slot = slots_[best.slot];
            if (!slot.alive || slot.partner_match != best.match || slot.partner != best.partner)
                continue;  // was true once
            merge(best.slot, best.partner);
        }
    }

    void collect(std::span<const RawBox> raw, std::vector<Detection>& found) const {
        for (std::uint32_t i = 0; i < slots_.size(); ++i) {
            const Slot& slot = slots_[i];
            if (!slot.alive) continue;
            Detection detection;
            detection.box = slot.box;
            detection.class_index = raw[i].class_index;
            detection.confidence = static_cast<float>(slot.confidence);
            for (std::uint32_t voter = i; voter != kNobody; voter = next_voter_[voter])
                detection.voters.push_back(first_ + voter);
            std::ranges::sort(detection.voters, [&](std::uint32_t a, std::uint32_t b) {
                const float score_a = raw[a - first_].score;
                const float score_b = raw[b - first_].score;
                return score_a != score_b ? score_a > score_b : a < b;
            });
            found.push_back(std::move(detection));
        }
    }

private:
    struct Slot {
        RectPx box;
        PointPx centre;
        double diagonal = 0;
        double confidence = 0;
        double partner_match = kNever;
        std::uint32_t partner = kNobody;
        std::uint32_t last = 0;  // of the chain of voters that begins with the slot itself
        bool alive = true;
    };
    struct Entry {
        double match;
        std::uint32_t slot;
        std::uint32_t partner;
        bool operator>(const Entry& other) const noexcept {
            if (match != other.match) return match > other.match;
            if (slot != other.slot) return slot > other.slot;
            return partner > other.partner;
        }
    };

    // matchScore() of two slots, or kNever as soon as it cannot be below the threshold.
    double match(const Slot& a, const Slot& b) const noexcept {
        const double reach = options_.match_threshold * 0.5 * (a.diagonal + b.diagonal);
        if (std::abs(a.centre.x - b.centre.x) > reach || std::abs(a.centre.y - b.centre.y) > reach)
            return kNever;
        const double score = matchScore(a.box, b.box);
        return score < options_.match_threshold ? score : kNever;
    }

    void setPartner(std::uint32_t i, double score, std::uint32_t partner) {
        slots_[i].partner_match = score;
        slots_[i].partner = partner;
        if (partner != kNobody) queue_.push({score, i, partner});
    }

    void findPartner(std::uint32_t i) {
        const Slot& slot = slots_[i];
        const double reach =
            slot.centre.x + options_.match_threshold * 0.5 * (slot.diagonal + longest_);
        double best = kNever;
        std::uint32_t partner = kNobody;
        for (auto at = std::ranges::upper_bound(alive_, i); at != alive_.end(); ++at) {
            if (left_edge_[*at] > reach) break;
            const double score = match(slot, slots_[*at]);
            if (score < best) {
                best = score;
                partner = *at;
            }
        }
        setPartner(i, best, partner);
    }

    void merge(std::uint32_t a, std::uint32_t b) {
        Slot& kept = slots_[a];
        Slot& gone = slots_[b];
        const double share =
            options_.weight_by_confidence
                ? gone.confidence / std::max(kept.confidence + gone.confidence, 1e-30)
                : 0.5;
        const auto mean = [share](double mine, double theirs) {
            return mine + (theirs - mine) * share;
        };
        kept.box = {mean(kept.box.x, gone.box.x), mean(kept.box.y, gone.box.y),
                    mean(kept.box.width, gone.box.width), mean(kept.box.height, gone.box.height)};
        kept.centre = kept.box.centre();
        kept.diagonal = std::hypot(kept.box.width, kept.box.height);
        kept.confidence += gone.confidence;
        next_voter_[kept.last] = b;
        kept.last = gone.last;
        gone.alive = false;
        alive_.erase(std::ranges::lower_bound(alive_, b));
        findPartner(a);
        for (const std::uint32_t i : alive_) {
            if (i >= b) break;
            if (i == a) continue;
            const std::uint32_t partner = slots_[i].partner;
            if (partner == b || (partner == a && i < a)) {
                findPartner(i);
            } else if (i < a) {
                const double score = match(slots_[i], kept);
                if (score < slots_[i].partner_match ||
                    (score == slots_[i].partner_match && a < partner && score < kNever)) {
                    setPartner(i, score, a);
                }
            }
        }
    }

    const DetectionOptions& options_;
    std::uint32_t first_ = 0;
    double longest_ = 0;
    std::vector<Slot> slots_;
    std::vector<double> left_edge_;
    std::vector<std::uint32_t> next_voter_;
    std::vector<std::uint32_t> alive_;  // ascending
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

}  // namespace

double matchScore(const RectPx& a, const RectPx& b) noexcept {
    const PointPx ca = a.centre();
    const PointPx cb = b.centre();
    const double diagonals = std::hypot(a.width, a.height) + std::hypot(b.width, b.height);
    const double distance = std::hypot(ca.x - cb.x, ca.y - cb.y);
    const double apart = diagonals > 0 ? 2 * distance / diagonals : (distance > 0 ? 1.0 : 0.0);
    return apart + (1 - intersectionOverUnion(a, b));
}

std::vector<Detection> mergeVotes(std::span<const RawBox> raw, const DetectionOptions& options) {
    std::vector<Detection> found;
    std::size_t begin = 0;
    while (begin < raw.size()) {
        std::size_t end = begin;
        while (end < raw.size() && raw[end].class_index == raw[begin].class_index)
            ++end;
        const auto group = raw.subspan(begin, end - begin);
        Merger merger(group, static_cast<std::uint32_t>(begin), options);
        merger.run();
        merger.collect(group, found);
        begin = end;
    }
    return found;
}

}  // namespace overfeat::detect
