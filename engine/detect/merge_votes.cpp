// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/merge_votes.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

#include "engine/core/jobs.h"
#include "engine/detect/box_packets.h"
#include "engine/detect/box_shape.h"
#include "engine/detect/least_key.h"

namespace overfeat::detect {
namespace {

constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

// Fewer boxes are merged within a millisecond, and on a busy machine waiting for another thread may
// take longer.
constexpr std::size_t kWorthThreads = 2000;

// The raw boxes of a class, of which the first is that many-th of all, and what becomes of them.
struct ClassMerge {
    std::span<const RawBox> boxes;
    std::uint32_t first;
    std::vector<Detection> found;
};

std::vector<ClassMerge> byClass(std::span<const RawBox> raw) {
    std::vector<ClassMerge> classes;
    for (std::size_t begin = 0; begin < raw.size();) {
        const auto end = std::ranges::find_if(raw.subspan(begin), [&](const RawBox& box) {
            return box.class_index != raw[begin].class_index;
        });
        const auto count = static_cast<std::size_t>(end - raw.subspan(begin).begin());
        classes.push_back({raw.subspan(begin, count), static_cast<std::uint32_t>(begin), {}});
        begin += count;
    }
    return classes;
}

// The merge of one class. A box is known by its rank, its place among the raw boxes; a merged box
// takes the lower of its parts' ranks. Of equally good pairs that with the lowest ranks comes
// first.
//
// Each box remembers its best partner, and a tournament says whose pair is the best of all. A new
// box looks for its own partner and tells that one; nobody else has to look. When a box's partner
// has changed or gone, the best of the others can only be worse (or has the pair in its own name),
// so the old score stays as a bound and the box looks again when its turn comes.
class Merger {
public:
    explicit Merger(const DetectionOptions& options)
        : options_(options), threshold_(static_cast<float>(options.match_threshold)) {}

    // Once.
    void run(ClassMerge& one) {
        begin(one.boxes);
        while (pairs_.key() < LeastKey::kNone) {
            const std::uint32_t rank = pairs_.number();
            const Item& item = items_[rank];
            if (items_[item.partner].version == item.partner_version) {
                merge(rank, item.partner);
            } else {
                findPartner(rank);
            }
        }
        collect(one);
    }

private:
    struct Item {
        RectPx box;
        double confidence = 0;
        std::uint32_t first_voter = 0;
        std::uint32_t last_voter = 0;
        std::uint32_t version = 0;  // changes when the box does or goes
        std::uint32_t partner = 0;
        std::uint32_t partner_version = 0;
        float match = LeastKey::kNone;  // with the partner
        bool alive = true;
    };

    void begin(std::span<const RawBox> raw) {
        items_.reserve(raw.size());
        std::vector<BoxShape> shapes;
        shapes.reserve(raw.size());
        for (std::uint32_t i = 0; i < raw.size(); ++i) {
            items_.push_back(
                {.box = raw[i].box, .confidence = raw[i].score, .first_voter = i, .last_voter = i});
            shapes.push_back(shapeOf(raw[i].box));
        }
        next_voter_.assign(raw.size(), kNobody);
        packets_.arrange(shapes);
        std::vector<float> matches(raw.size(), LeastKey::kNone);
        for (std::uint32_t i = 0; i < raw.size(); ++i) {
            const auto partner = packets_.bestPartner(i, threshold_);
            if (!partner) continue;
            items_[i].partner = partner->rank;
            items_[i].match = matches[i] = partner->match;
        }
        pairs_.reset(matches);
    }

    void findPartner(std::uint32_t rank) {
        Item& item = items_[rank];
        const auto partner = packets_.bestPartner(rank, threshold_);
        item.match = partner ? partner->match : LeastKey::kNone;
        pairs_.set(rank, item.match);
        if (!partner) return;
        Item& other = items_[partner->rank];
        item.partner = partner->rank;
        item.partner_version = other.version;
        if (item.match > other.match || (item.match == other.match && rank > other.partner)) return;
        other.partner = rank;
        other.partner_version = item.version;
        other.match = item.match;
        pairs_.set(partner->rank, other.match);
    }

    void merge(std::uint32_t one, std::uint32_t other) {
        const std::uint32_t rank = std::min(one, other);
        Item& kept = items_[rank];
        Item& gone = items_[std::max(one, other)];
        const double sum = kept.confidence + gone.confidence;
        const double share =
            options_.weight_by_confidence ? gone.confidence / std::max(sum, 1e-30) : 0.5;
        const auto mean = [share](double mine, double theirs) {
            return mine + (theirs - mine) * share;
        };
        kept.box = {mean(kept.box.x, gone.box.x), mean(kept.box.y, gone.box.y),
                    mean(kept.box.width, gone.box.width), mean(kept.box.height, gone.box.height)};
        kept.confidence = sum;
        next_voter_[kept.last_voter] = gone.first_voter;
        kept.last_voter = gone.last_voter;
        ++kept.version;
        ++gone.version;
        gone.alive = false;
        pairs_.set(std::max(one, other), LeastKey::kNone);
        packets_.merge(rank, std::max(one, other), shapeOf(kept.box));
        kept.match = LeastKey::kNone;
        findPartner(rank);
    }

    void collect(ClassMerge& one) const {
        for (std::uint32_t rank = 0; rank < items_.size(); ++rank) {
            const Item& item = items_[rank];
            if (!item.alive) continue;
            Detection& detection = one.found.emplace_back();
            detection.box = item.box;
            detection.class_index = one.boxes[rank].class_index;
            detection.confidence = static_cast<float>(item.confidence);
            for (std::uint32_t voter = item.first_voter; voter != kNobody;
                 voter = next_voter_[voter])
                detection.voters.push_back(one.first + voter);
            std::ranges::sort(detection.voters, [&](std::uint32_t a, std::uint32_t b) {
                const float score_a = one.boxes[a - one.first].score;
                const float score_b = one.boxes[b - one.first].score;
                return score_a != score_b ? score_a > score_b : a < b;
            });
        }
    }

    const DetectionOptions& options_;
    const float threshold_;
    std::vector<Item> items_;
    std::vector<std::uint32_t> next_voter_;
    BoxPackets packets_;
    LeastKey pairs_;
};

}  // namespace

float matchScore(const RectPx& a, const RectPx& b) noexcept {
    return matchOf(shapeOf(a), shapeOf(b));
}

std::vector<Detection> mergeVotes(std::span<const RawBox> raw, const DetectionOptions& options,
                                  int threads) {
    std::vector<ClassMerge> classes = byClass(raw);
    // The largest first, so that no thread is left alone with it at the end.
    std::vector<ClassMerge*> order;
    order.reserve(classes.size());
    for (ClassMerge& one : classes)
        order.push_back(&one);
    std::ranges::sort(order, [](const ClassMerge* a, const ClassMerge* b) {
        return a->boxes.size() > b->boxes.size();
    });
    if (raw.size() < kWorthThreads) threads = 1;
    runJobs(order.size(), threads, [&](std::size_t i) { Merger(options).run(*order[i]); });
    std::vector<Detection> found;
    for (ClassMerge& one : classes)
        std::ranges::move(one.found, std::back_inserter(found));
    return found;
}

}  // namespace overfeat::detect
