// SPDX-License-Identifier: Apache-2.0
#include "engine/live/scene.h"

#include <utility>

#include "engine/detect/detector.h"

namespace overfeat::live {

void Scene::set(const Settings& settings, std::uint64_t revision) {
    const bool other_source = settings.source != settings_.source;
    const bool came_to_rest = settings_.moving && !settings.moving;
    const bool other_work = !sameWork(settings.look, settings_.look);
    const bool other_objects = settings.look.detection != settings_.look.detection;
    settings_ = settings;
    if (other_source) {
        shown_.reset();
        forgetResult();
    }
    // Where work was left out to keep up, a source at rest makes it up.
    if (other_source || came_to_rest || other_work) look_since_ = revision;
    if (other_objects) {
        detection_since_ = revision;
        findObjects();
    }
}

void Scene::setModel(std::uint64_t model) {
    model_ = model;
    forgetResult();
}

void Scene::forgetResult() {
    recognised_.reset();
    recognition_.reset();
    detections_.reset();
    answered_frame_ = 0;
    answered_revision_ = 0;
}

bool Scene::show(FramePtr frame) {
    if (!frame || frame->source != settings_.source) return false;
    if (shown_ && frame->id < shown_->id) return false;
    shown_ = std::move(frame);
    return true;
}

bool Scene::take(const Update& update) {
    if (update.command != 0 || !update.frame) return false;
    if (update.model != model_ || update.frame->source != settings_.source) return false;
    answered_frame_ = update.frame->id;
    answered_revision_ = update.revision;
    if (!update.recognition) return true;
    recognised_ = update.frame;
    recognition_ = update.recognition;
    if (update.revision < detection_since_) {
        findObjects();
    } else {
        detections_ = {recognition_, &recognition_->detections};
    }
    return true;
}

void Scene::findObjects() {
    if (!recognition_) return;
    const auto& options = settings_.look.detection;
    detections_ = std::make_shared<const Detections>(
        options ? detect::detectObjects(*recognition_, *options) : Detections());
}

bool Scene::applies() const {
    if (!shown_ || !recognition_ || recognition_->frame_size != shown_->image.size()) return false;
    return !shown_->still || fits();
}

FramePtr Scene::toLookAt() const {
    if (!shown_) return nullptr;
    const bool answered = answered_frame_ >= shown_->id && answered_revision_ >= look_since_;
    return answered ? nullptr : shown_;
}

}  // namespace overfeat::live
