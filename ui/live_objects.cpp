// SPDX-License-Identifier: Apache-2.0
#include "ui/live_objects.h"

#include <utility>

namespace overfeat::ui {
namespace {

// Less common area than this is another object.
constexpr double kSameObjectOverlap = 0.4;

std::optional<std::size_t> sameObject(const Detection& wanted, const Detections& among) {
    std::optional<std::size_t> best;
    double best_overlap = kSameObjectOverlap;
    for (std::size_t i = 0; i < among.objects.size(); ++i) {
        const Detection& each = among.objects[i];
        if (wanted.track && each.track == wanted.track) return i;
        if (each.class_index != wanted.class_index) continue;
        const double overlap = intersectionOverUnion(wanted.box, each.box);
        if (overlap > best_overlap) {
            best_overlap = overlap;
            best = i;
        }
    }
    return best;
}

}  // namespace

void LiveObjects::set(std::shared_ptr<const Detections> detections) {
    const auto before = std::exchange(detections_, std::move(detections));
    const auto carriedOver = [&](std::optional<std::size_t> object) -> std::optional<std::size_t> {
        if (!object || !before || !detections_) return std::nullopt;
        return sameObject(before->objects[*object], *detections_);
    };
    current_ = carriedOver(current_);
    ballot_ = carriedOver(ballot_);
}

bool LiveObjects::setCurrent(std::optional<std::size_t> object) {
    if (object && *object >= count()) object.reset();
    return std::exchange(current_, object) != object;
}

bool LiveObjects::setBallot(std::optional<std::size_t> object) {
    if (object && *object >= count()) object.reset();
    return std::exchange(ballot_, object) != object;
}

std::optional<std::size_t> LiveObjects::at(PointPx point) const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < count(); ++i) {
        const RectPx& box = detections_->objects[i].box;
        if (!box.contains(point)) continue;
        if (!found || box.area() < detections_->objects[*found].box.area()) found = i;
    }
    return found;
}

std::optional<std::size_t> LiveObjects::neighbour(bool forward) const {
    if (count() == 0) return std::nullopt;
    const auto from = ballot_ ? ballot_ : current_;
    if (!from) return forward ? 0 : count() - 1;
    if (forward) return *from + 1 < count() ? std::optional(*from + 1) : std::nullopt;
    return *from > 0 ? std::optional(*from - 1) : std::nullopt;
}

}  // namespace overfeat::ui
