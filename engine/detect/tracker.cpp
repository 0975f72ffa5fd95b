// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/tracker.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/core/geometry.h"

namespace overfeat::detect {
namespace {

double seconds(Tracker::Time from, Tracker::Time to) {
    return std::chrono::duration<double>(to - from).count();
}

// The object under the name the track has, where the frame has that answer at all.
void callIt(Detection& object, std::size_t class_index) {
    auto others = std::exchange(object.alternatives, {});
    const auto own = std::ranges::find(others, class_index, &Detection::class_index);
    if (object.class_index != class_index && own != others.end()) std::swap(object, *own);
    object.alternatives = std::move(others);
    object.class_index = class_index;
}

}  // namespace

void Tracker::reset() noexcept {
    tracks_.clear();
}

Detections Tracker::follow(Detections found, Time captured) {
    if (captured <= previous_) reset();
    return advance(std::move(found), captured, false);
}

Detections Tracker::restart(Detections found, Time captured) {
    return advance(std::move(found), captured, true);
}

Detections Tracker::advance(Detections found, Time captured, bool anew) {
    previous_ = captured;
    for (Track& track : tracks_)
        track.matched = false;
    match(found.objects, captured);
    for (Detection& object : found.objects) {
        if (object.track) continue;  // taken by a track
        Track& track = tracks_.emplace_back();
        track.number = next_number_++;
        track.seen = captured;
        update(track, std::move(object), captured);
    }
    std::vector<std::uint64_t> gone;
    for (const Track& track : tracks_) {
        if (anew ? !track.matched : isOver(track, captured)) gone.push_back(track.number);
    }
    std::erase_if(tracks_, [&](const Track& track) {
        return std::ranges::find(gone, track.number) != gone.end();
    });
    found.objects.clear();
    for (Track& track : tracks_) {
        track.shown = track.shown || anew || track.frames >= options_.frames_to_appear;
        if (!track.shown) continue;
        if (!track.matched) {  // they belong to another frame
            track.object.voters.clear();
            track.object.alternatives.clear();
        }
        found.objects.push_back(track.object);
    }
    std::ranges::stable_sort(
        found.objects, [](const Detection& a, const Detection& b) { return a.score > b.score; });
    return found;
}

bool Tracker::isOver(const Track& track, Time captured) const {
    if (track.matched) return false;
    // Not yet shown and already missed: it was nothing.
    if (track.frames < options_.frames_to_appear) return true;
    return replaced(track) || seconds(track.seen, captured) > options_.longest_gap_s;
}

// Whether an object seen in this frame is where the track was.
bool Tracker::replaced(const Track& track) const {
    return std::ranges::any_of(tracks_, [&](const Track& other) {
        return other.matched &&
               intersectionOverUnion(track.object.box, other.object.box) >= options_.least_overlap;
    });
}

// The best overlapping pairs first, each track and each object once.
void Tracker::match(std::vector<Detection>& objects, Time captured) {
    std::vector<std::tuple<double, std::size_t, std::size_t>> pairs;  // -IoU, track, object
    for (std::size_t t = 0; t < tracks_.size(); ++t) {
        for (std::size_t o = 0; o < objects.size(); ++o) {
            const double overlap = intersectionOverUnion(tracks_[t].object.box, objects[o].box);
            if (overlap >= options_.least_overlap) pairs.emplace_back(-overlap, t, o);
        }
    }
    std::ranges::sort(pairs);
    for (const auto& [overlap, t, o] : pairs) {
        if (tracks_[t].matched || objects[o].track) continue;
        Detection object = objects[o];
        objects[o].track = tracks_[t].number;
        update(tracks_[t], std::move(object), captured);
    }
}

void Tracker::update(Track& track, Detection object, Time captured) {
    const double elapsed_s = std::max(seconds(track.seen, captured), 0.0);
    const double remembered = std::exp(-elapsed_s / options_.label_time_constant_s);
    for (auto& [index, sum] : track.votes)
        sum *= remembered;
    const auto vote = [&](std::size_t class_index, float score) {
        auto own =
            std::ranges::find(track.votes, class_index, &std::pair<std::size_t, double>::first);
        if (own == track.votes.end())
            own = track.votes.insert(track.votes.end(), {class_index, 0.0});
        own->second += static_cast<double>(score);
    };
    vote(object.class_index, object.score);
    for (const Detection& other : object.alternatives) {
        // More boxes of a class are the same evidence again.
        const auto best =
            std::ranges::find(object.alternatives, other.class_index, &Detection::class_index);
        if (other.class_index != object.class_index && &*best == &other)
            vote(other.class_index, other.score);
    }
    const auto label =
        std::ranges::max_element(track.votes, {}, &std::pair<std::size_t, double>::second);
    callIt(object, label->first);

    if (track.frames > 0) {
        const double kept = std::exp(-elapsed_s / options_.box_time_constant_s);
        const auto towards = [kept](double& now, double before) { now += (before - now) * kept; };
        const RectPx& before = track.object.box;
        towards(object.box.x, before.x);
        towards(object.box.y, before.y);
        towards(object.box.width, before.width);
        towards(object.box.height, before.height);
    }
    object.track = track.number;
    track.object = std::move(object);
    track.seen = captured;
    track.matched = true;
    ++track.frames;
}

}  // namespace overfeat::detect
