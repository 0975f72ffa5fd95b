// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <opencv2/videoio.hpp>

#include "engine/core/image.h"

namespace overfeat::capture {

// Whether the parts that a video file (AVI, MP4, Matroska, GIF) says it is made of reach beyond its
// end, as after a broken download. False for containers it does not know. Decoders just stop.
bool isCutOff(const std::filesystem::path& path);

// A video that is being decoded. FFmpeg does the work; rotation tags are applied.
// Threads: one at a time.
class VideoFile {
public:
    // Throws Error(kInput): missing, unreadable, empty, cut off before its index, or no video.
    explicit VideoFile(const std::filesystem::path& path);

    // Decodes the next picture into `bgr()`; false at the end.
    bool next();
    const cv::Mat& bgr() const noexcept { return bgr_; }
    // When the current picture is to be shown, seconds from the start; never goes back, because
    // damaged files have timestamps that do.
    double time_s() const noexcept { return time_s_; }
    // How long a picture stays, by the nominal rate.
    double period_s() const noexcept { return 1 / fps_; }

    double fps() const noexcept { return fps_; }
    // What the file says, which may be off by a few; -1 if it does not say.
    std::int64_t length() const noexcept { return length_; }
    SizePx size() const noexcept { return size_; }

private:
    cv::VideoCapture decoder_;
    cv::Mat bgr_;
    double fps_ = 0;
    std::int64_t length_ = -1;
    SizePx size_;
    double time_s_ = 0;
    bool started_ = false;
};

}  // namespace overfeat::capture
