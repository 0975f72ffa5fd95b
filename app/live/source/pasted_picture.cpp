// SPDX-License-Identifier: Apache-2.0
#include "app/live/source/pasted_picture.h"

#include <chrono>
#include <utility>

namespace overfeat::app {

PastedPicture::PastedPicture(FramePtr picture, const capture::FrameSink& sink)
    : picture_(std::move(picture)) {
    sink(picture_);
}

capture::SourceStatus PastedPicture::status() const {
    capture::SourceStatus status;
    status.state = paused_ ? capture::SourceState::kPaused : capture::SourceState::kLive;
    status.name = picture_->name;
    status.size = picture_->image.size();
    status.frames = 1;
    status.still = true;
    status.frame_age_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - picture_->captured)
            .count();
    return status;
}

}  // namespace overfeat::app
