// SPDX-License-Identifier: Apache-2.0
#include "engine/live/scene.h"

#include <utility>
#include <vector>

#include "engine/core/shown_from.h"
#include "engine/detect/detector.h"

namespace overfeat::live {
namespace {

// Of objects that were found by other options those that pass the score of now: until they have
// been found anew, none comes back that a person has just had taken away.
std::shared_ptr<const Detections> passingOf(const Detections& found, const LabelSet* labels,
                                            const std::optional<DetectionOptions>& options) {
    auto passing = std::make_shared<Detections>(found);
    if (!options) {
        passing->objects.clear();
        return passing;
    }
    const ShownFrom shown_from(*options, labels);
    std::erase_if(passing->objects, [&](const Detection& object) {
        return object.score < shown_from(object.class_index);
    });
    return passing;
}

}  // namespace

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
    if (other_source || other_work) look_since_ = revision;
    if (came_to_rest) rest_since_ = revision;
    if (other_objects) {
        detection_since_ = revision;
        objects_are_of_others_ = recognition_ != nullptr;
        if (recognition_)
            detections_ =
                passingOf(*detections_, recognition_->labels.get(), settings_.look.detection);
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
    objects_are_of_others_ = false;
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
    objects_are_of_others_ = update.revision < detection_since_;
    detections_ = objects_are_of_others_
                      ? passingOf(recognition_->detections, recognition_->labels.get(),
                                  settings_.look.detection)
                      : std::shared_ptr<const Detections>(recognition_, &recognition_->detections);
    return true;
}

Detections ObjectsWanted::find() const {
    return options ? detect::detectObjects(*recognition, *options) : Detections();
}

std::optional<ObjectsWanted> Scene::wantedObjects() const {
    if (!objects_are_of_others_) return std::nullopt;
    return ObjectsWanted{.recognition = recognition_, .options = settings_.look.detection};
}

bool Scene::setObjects(const ObjectsWanted& wanted, std::shared_ptr<const Detections> objects) {
    if (!objects_are_of_others_ || wanted.recognition != recognition_) return false;
    objects_are_of_others_ = wanted.options != settings_.look.detection;
    detections_ = objects_are_of_others_
                      ? passingOf(*objects, recognition_->labels.get(), settings_.look.detection)
                      : std::move(objects);
    return true;
}

bool Scene::applies() const {
    if (!shown_ || !recognition_ || recognition_->frame_size != shown_->image.size()) return false;
    return !shown_->still || fits();
}

// Where work was left out to keep up, a source at rest makes it up; of a picture nothing was.
bool Scene::isOfNow() const {
    if (answered_revision_ < look_since_) return false;
    return answered_revision_ >= rest_since_ || (shown_ && shown_->still);
}

FramePtr Scene::toLookAt() const {
    if (!shown_) return nullptr;
    return answered_frame_ >= shown_->id && isOfNow() ? nullptr : shown_;
}

}  // namespace overfeat::live
