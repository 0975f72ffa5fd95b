// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>

#include "app/video/reader.h"
#include "engine/core/image.h"

namespace overfeat::capture {

// Opens a video file. Throws Error(kInput): missing, unreadable, empty, cut off before its index,
// or no video, each with its own sentence.
std::unique_ptr<video::Reader> openVideo(const std::filesystem::path& path,
                                         const std::stop_token& stop);

struct VideoFrame {
    Image image;
    std::int64_t index = 0;
    double time_s = 0;  // the file's own
};

struct VideoSummary {
    std::int64_t frames = 0;
    bool truncated = false;  // it ended before its end
};

// Walks the frames of a video as fast as they are taken. `onFrame` returns false to stop. Throws
// Error(kInput) if the file cannot be opened or yields no frame at all, Error(kCancelled) after a
// stop request.
VideoSummary readVideo(const std::filesystem::path& path, const std::stop_token& stop,
                       const std::function<bool(VideoFrame)>& onFrame);

// The sentence about a file in which there is nothing to be seen.
std::string noPictureIn(const std::filesystem::path& path);

}  // namespace overfeat::capture
