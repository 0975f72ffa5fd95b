// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/capture/frame_reader.h"
#include "app/video/reader.h"

namespace overfeat::capture {

// A video's pictures as frames, on a time line that goes on through loops, seeks and times that
// cannot be true.
// Threads: one at a time.
class PlayedVideo {
public:
    // `name` is what frames are called.
    PlayedVideo(std::unique_ptr<video::Reader> reader, std::string name);

    const video::Facts& facts() const noexcept { return reader_->facts(); }
    // For a FrameReader's open().
    Opened opened() const;

    // The next picture, into `reading` where there is one.
    video::Outcome next(FramePool& pool, const std::stop_token& stop, Reading& reading);
    // Pictures given since the start of the file; at its end the number it has.
    std::int64_t count() const noexcept { return count_; }

    void seek(double media_time_s);
    void seekBack();

private:
    std::unique_ptr<video::Reader> reader_;
    std::string name_;
    void jump();

    std::int64_t count_ = 0;
    std::uint64_t passage_ = 0;
    std::optional<double> last_time_s_;  // in the file; nothing after a jump
    double due_s_ = 0;
};

}  // namespace overfeat::capture
