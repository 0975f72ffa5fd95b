// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/core/detection.h"
#include "engine/core/image.h"
#include "engine/core/recognition.h"
#include "engine/live/settings.h"
#include "engine/live/update.h"

namespace overfeat::live {

// A result whose objects are to be found by other options than it was made with. Thousands of boxes
// take longer than a screen's picture, so whoever has a scene does it on a thread of its own.
struct ObjectsWanted {
    std::shared_ptr<const Recognition> recognition;
    std::optional<DetectionOptions> options;  // nothing = no objects

    Detections find() const;
    bool operator==(const ObjectsWanted&) const = default;
};

// Which frame is on the screen, what is known of it, and what the network should be asked next.
//
// Frames and results arrive in any order: a result may overtake its frame, frames and results of
// the source before may still come when another one is shown, and a result may be of settings or of
// a network that have been replaced meanwhile. All of that is decided here, and only here; whoever
// draws, records or counts asks. It has no thread and no clock: what it says follows from what it
// was told, one after the other.
class Scene {
public:
    // Other settings, as the session numbered them. Another source empties the scene.
    void set(const Settings& settings, std::uint64_t revision);
    // Another network sees the frames from now on; what the old one saw is forgotten.
    void setModel(std::uint64_t model);

    // A frame for the screen. False, and nothing happens, if it is of another source or older than
    // the one shown.
    bool show(FramePtr frame);
    // A result. False, and nothing happens, if it is not of this source and this network.
    bool take(const Update& update);

    const FramePtr& shown() const { return shown_; }
    // The newest result and the frame it is of; null = none yet.
    const std::shared_ptr<const Recognition>& recognition() const { return recognition_; }
    const FramePtr& recognised() const { return recognised_; }
    // The objects in that frame by the options of now; while those are to be found, the ones before
    // that pass the score of now.
    const std::shared_ptr<const Detections>& detections() const { return detections_; }
    // What is to be found for that; nothing if nothing is.
    std::optional<ObjectsWanted> wantedObjects() const;
    // The answer. False, and nothing happens, if it is of another result by now. One by other
    // options than are wanted now is nearer to them than what was there: it is taken as far as it
    // passes, and the objects are still wanted. (A slider that is pulled would else show nothing
    // until it rests.)
    bool setObjects(const ObjectsWanted& wanted, std::shared_ptr<const Detections> objects);

    // The result is that of the very frame shown.
    bool fits() const { return shown_ && recognised_ && recognised_->id == shown_->id; }
    // Nobody waits for a result by the settings of now: there is one, or no picture to look at.
    bool isAnswered() const { return !shown_ || isOfNow(); }
    // The result says something about the frame shown: it is of the same video, or of this picture.
    bool applies() const;
    // No other frame follows the one shown: it is a picture, or its source rests.
    bool rests() const { return !settings_.moving || (shown_ && shown_->still); }

    // The frame shown, if the network has not looked at it, or a later one, as it is wanted now;
    // else null. To be offered to the session, which knows whether it is looking already.
    FramePtr toLookAt() const;

private:
    void forgetResult();
    // The newest answer is by the look of now.
    bool isOfNow() const;

    Settings settings_;
    std::uint64_t model_ = 0;
    std::uint64_t look_since_ = 0;       // the first revision with the look of now
    std::uint64_t rest_since_ = 0;       // the first one with a source at rest
    std::uint64_t detection_since_ = 0;  // and with the detection options of now

    FramePtr shown_;
    FramePtr recognised_;
    std::shared_ptr<const Recognition> recognition_;
    std::shared_ptr<const Detections> detections_;
    bool objects_are_of_others_ = false;  // options, or of an earlier result
    // Of the newest answer about a frame, which may have been a failure.
    std::uint64_t answered_frame_ = 0;
    std::uint64_t answered_revision_ = 0;
};

}  // namespace overfeat::live
