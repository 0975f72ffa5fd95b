// SPDX-License-Identifier: Apache-2.0
#include "app/capture/played_video.h"

#include <utility>

namespace overfeat::capture {

PlayedVideo::PlayedVideo(std::unique_ptr<video::Reader> reader, std::string name)
    : reader_(std::move(reader)), name_(std::move(name)) {}

Opened PlayedVideo::opened() const {
    const video::Facts& facts = reader_->facts();
    return {.name = name_,
            .size = facts.size,
            .fps = facts.fps,
            .length = facts.frames,
            .duration_s = facts.duration_s,
            .can_seek = facts.can_seek,
            .live = facts.live};
}

video::Outcome PlayedVideo::next(FramePool& pool, const std::stop_token& stop, Reading& reading) {
    const video::Outcome outcome = reader_->read(stop);
    if (outcome != video::Outcome::kPicture) return outcome;
    const bool moves = !reader_->facts().live && !reader_->facts().still;
    reading.outcome = Reading::Outcome::kFrame;
    reading.frame = pool.take(reader_->size());
    reader_->copyTo(reading.frame->image);
    reading.frame->captured = Clock::now();
    reading.frame->name = name_;
    reading.frame->still = reader_->facts().still;
    count_ = reader_->index() + 1;
    if (!moves) return outcome;
    const double time_s = reader_->time_s();
    if (last_time_s_) {
        const double pause_s = time_s - *last_time_s_;
        const bool plausible = pause_s >= 0 && pause_s <= reader_->facts().longest_pause_s;
        due_s_ += plausible ? pause_s : reader_->period_s();
    }
    last_time_s_ = time_s;
    reading.frame->index = reader_->index();
    reading.frame->passage = passage_;
    reading.frame->media_time_s = time_s;
    reading.due_s = due_s_;
    return outcome;
}

void PlayedVideo::seek(double media_time_s) {
    jump();
    reader_->seek(media_time_s);
}

void PlayedVideo::seekBack() {
    jump();
    reader_->seekBack();
}

void PlayedVideo::jump() {
    ++passage_;
    // What was shown last stays as long as it would have.
    if (last_time_s_) due_s_ += reader_->period_s();
    last_time_s_.reset();
}

}  // namespace overfeat::capture
