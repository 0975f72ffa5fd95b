// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/merge_votes.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <queue>
#include <tuple>
#include <utility>

#include "engine/detect/box_shelves.h"

namespace overfeat::detect {
namespace {

constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

// A pair of boxes by how badly it fits; equal matches go by the boxes' places among the raw ones.
struct Pairing {
    double match = std::numeric_limits<double>::infinity();
    std::uint32_t low = kNobody;
    std::uint32_t high = kNobody;

    bool operator<(const Pairing& other) const noexcept {
        return std::tie(match, low, high) < std::tie(other.match, other.low, other.high);
    }
};

// The merge of one class. Raw boxes are numbered as they stand; every merged box gets a new number
// and the lower of its parts' places.
//
// A pair belongs to the box with the higher number, which remembers the best of its pairs. A new
// box so looks at all others once, and nobody else has to look at it. When a partner has gone, the
// best of the remaining pairs can only be worse, so the old pair stays in the queue as a bound and
// its owner looks again when that comes up.
class Merger {
public:
    explicit Merger(const DetectionOptions& options) : options_(options) {}

    // Another class.
    void begin(std::span<const RawBox> raw) {
        items_.clear();
        shelves_.clear();
        next_voter_.assign(raw.size(), kNobody);
        for (std::uint32_t i = 0; i < raw.size(); ++i)
            add({.measured = Measured(raw[i].box),
                 .confidence = raw[i].score,
                 .place = i,
                 .first_voter = i,
                 .last_voter = i});
    }

    void run() {
        while (!queue_.empty()) {
            const Entry best = queue_.top();
            queue_.pop();
            const Item& owner = items_[best.owner];
            if (!owner.alive) continue;
            if (items_[owner.partner].alive) {
                merge(best.owner, owner.partner);
            } else {
                findPartner(best.owner);
            }
        }
    }

    // `first` is the index of the class's first box.
    void collect(std::span<const RawBox> raw, std::uint32_t first, std::vector<Detection>& found) {
        std::erase_if(items_, [](const Item& item) { return !item.alive; });
        std::ranges::sort(items_, {}, &Item::place);
        for (const Item& item : items_) {
            Detection detection;
            detection.box = item.measured.box;
            detection.class_index = raw[item.place].class_index;
            detection.confidence = static_cast<float>(item.confidence);
            for (std::uint32_t voter = item.first_voter; voter != kNobody;
                 voter = next_voter_[voter])
                detection.voters.push_back(first + voter);
            std::ranges::sort(detection.voters, [&](std::uint32_t a, std::uint32_t b) {
                const float score_a = raw[a - first].score;
                const float score_b = raw[b - first].score;
                return score_a != score_b ? score_a > score_b : a < b;
            });
            found.push_back(std::move(detection));
        }
    }

private:
    struct Item {
        Measured measured;
        double confidence = 0;
        std::uint32_t place = 0;
        std::uint32_t first_voter = 0;
        std::uint32_t last_voter = 0;
        std::uint32_t partner = kNobody;
        bool alive = true;
    };
    struct Entry {
        Pairing pairing;
        std::uint32_t owner;
        bool operator>(const Entry& other) const noexcept { return other.pairing < pairing; }
    };
    void add(const Item& item) {
        const auto number = static_cast<std::uint32_t>(items_.size());
        items_.push_back(item);
        findPartner(number);
        shelves_.add({item.measured, number, item.place});
    }

    void remove(std::uint32_t number) {
        items_[number].alive = false;
        shelves_.remove(items_[number].measured, number);
    }

    void findPartner(std::uint32_t number) {
        Item& item = items_[number];
        const Measured& own = item.measured;
        Pairing best{.match = options_.match_threshold, .low = 0, .high = 0};
        item.partner = kNobody;
        shelves_.near(own, best.match, [&](const BoxShelves::Spot& other) {
            if (other.number >= number) return;
            const double x = other.measured.centre.x - own.centre.x;
            const double y = other.measured.centre.y - own.centre.y;
            const double reach = best.match * (own.diagonal + other.measured.diagonal) / 2;
            if (x * x + y * y > reach * reach) return;
            const Pairing pairing{matchOf(own, other.measured), std::min(item.place, other.place),
                                  std::max(item.place, other.place)};
            if (pairing < best) {
                best = pairing;
                item.partner = other.number;
            }
        });
        if (item.partner != kNobody) queue_.push({best, number});
    }

    void merge(std::uint32_t one, std::uint32_t other) {
        const bool in_order = items_[one].place < items_[other].place;
        const Item& kept = items_[in_order ? one : other];
        const Item& gone = items_[in_order ? other : one];
        const double sum = kept.confidence + gone.confidence;
        const double share =
            options_.weight_by_confidence ? gone.confidence / std::max(sum, 1e-30) : 0.5;
        const auto mean = [share](double mine, double theirs) {
            return mine + (theirs - mine) * share;
        };
        const RectPx& a = kept.measured.box;
        const RectPx& b = gone.measured.box;
        const Item merged{.measured = Measured({mean(a.x, b.x), mean(a.y, b.y),
                                                mean(a.width, b.width), mean(a.height, b.height)}),
                          .confidence = sum,
                          .place = kept.place,
                          .first_voter = kept.first_voter,
                          .last_voter = gone.last_voter};
        next_voter_[kept.last_voter] = gone.first_voter;
        remove(one);
        remove(other);
        add(merged);
    }

    const DetectionOptions& options_;
    std::vector<Item> items_;
    BoxShelves shelves_;
    std::vector<std::uint32_t> next_voter_;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

}  // namespace

double matchScore(const RectPx& a, const RectPx& b) noexcept {
    return matchOf(Measured(a), Measured(b));
}

std::vector<Detection> mergeVotes(std::span<const RawBox> raw, const DetectionOptions& options) {
    std::vector<Detection> found;
    Merger merger(options);
    std::size_t begin = 0;
    while (begin < raw.size()) {
        std::size_t end = begin;
        while (end < raw.size() && raw[end].class_index == raw[begin].class_index)
            ++end;
        const auto group = raw.subspan(begin, end - begin);
        merger.begin(group);
        merger.run();
        merger.collect(group, static_cast<std::uint32_t>(begin), found);
        begin = end;
    }
    return found;
}

}  // namespace overfeat::detect
