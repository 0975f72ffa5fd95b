// SPDX-License-Identifier: Apache-2.0
#include "engine/live/video.h"

#include <algorithm>
#include <utility>

namespace overfeat::live {
namespace {

// The same classes, learnt from as many examples: at most the network has looked closer at one.
bool isSameLesson(const TaughtClasses* one, const TaughtClasses* other) {
    if (one == other) return true;
    if (!one || !other || one->space != other->space) return false;
    return std::ranges::equal(one->classes, other->classes,
                              [](const EmbeddedClass& a, const EmbeddedClass& b) {
                                  return a.id == b.id && a.examples.size() == b.examples.size() &&
                                         a.negatives.size() == b.negatives.size();
                              });
}

}  // namespace

void Video::setNetwork(const detect::RecogniserInfo& network) {
    network_ = network;
    budget_.reset();
    look_.reset();
}

// As far as the network can go: only that can be left out.
Look Video::wanted(Look look) const {
    look.fine_steps = std::min(look.fine_steps, network_.fine_steps_available);
    const bool slides = network_.dense.fidelity != net::DenseFidelity::kClassificationOnly;
    if (!slides && look.views == Views::kDense) look.views = Views::kCentre;
    return look;
}

Recognition Video::see(Processor& network, const Frame& frame, const Settings& settings,
                       double source_fps, std::stop_token stop) {
    const bool other_source = std::exchange(source_, frame.source) != frame.source;
    const bool sought = std::exchange(passage_, frame.passage) != frame.passage;
    const bool first = frame_ == 0 || other_source;
    const bool again = std::exchange(frame_, frame.id) == frame.id;
    const bool other_lesson =
        look_ && !isSameLesson(look_->taught.get(), settings.look.taught.get());
    if (!other_lesson) budget_.setSameLesson(settings.look.taught);
    const bool other_look = std::exchange(look_, settings.look) != settings.look;
    const bool alone = !settings.moving || frame.still || again;

    budget_.setWanted(wanted(settings.look));
    if (alone || first) budget_.reset();
    Recognition seen = network.process(frame, budget_.look(), std::move(stop));
    seen.left_out = budget_.leftOut();
    const bool steady = settings.look.detection && settings.look.detection->steady;
    // Tracks remember classes by their index, which another lesson may give to another class; and
    // what was just taught is not called for seconds what it was taken for before.
    if (!steady || frame.still || first || sought || other_lesson) tracker_.reset();
    if (steady && !frame.still) {
        seen.detections = alone || first || sought || other_look
                              ? tracker_.restart(std::move(seen.detections), frame.captured)
                              : tracker_.follow(std::move(seen.detections), frame.captured);
    }
    if (!alone && !first) {
        // More than the source gives cannot be had, whatever is left out.
        const double floor = settings.least_fps;
        budget_.note(seen.timings.total_ms(), source_fps > 0 ? std::min(floor, source_fps) : floor);
    }
    return seen;
}

}  // namespace overfeat::live
