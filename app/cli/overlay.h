// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/cli/kept_files.h"
#include "app/video/writer.h"
#include "engine/core/image.h"
#include "engine/core/recognition.h"

namespace overfeat::cli {

// The picture with the boxes of its objects, each with label, score and votes, encoded as the
// extension of `path` says. Throws Error(kRuntime) if it cannot be encoded.
std::string overlayBytes(const Image& image, const Recognition& seen, const std::string& path);

// Pictures with the boxes of their objects as a video, MP4 or Matroska by its name: what
// video::Writer says of size, colours and errors.
class OverlayVideo {
public:
    // The file is made with the first picture and replaced if it exists, unless it is in `kept`.
    OverlayVideo(std::filesystem::path path, KeptFiles kept = {});

    // `file` is the input the picture is of and `time_s` its time in it, where it has one. The
    // files are shown one after the other, each with its own times; pictures without a time follow
    // each other at kUsualFps. Throws Error(kRuntime) if the file cannot be made or the disk is
    // full, Error(kUsage) instead of replacing a kept file.
    void add(const Image& image, const Recognition& seen, const std::string& file,
             std::optional<double> time_s);
    // Ends the file. Throws Error(kRuntime) if not every picture has arrived in it, as on a full
    // disk.
    void finish();

    static constexpr double kUsualFps = 30;

private:
    double timeOf(const std::string& file, std::optional<double> time_s);

    std::filesystem::path path_;
    KeptFiles kept_;
    video::Writer writer_;
    std::string file_;     // of the last picture
    double start_s_ = 0;   // of that file
    double last_s_ = 0;    // the last picture
    double period_s_ = 0;  // between the last two
    bool has_last_ = false;
};

// Whether an overlay of this name is a video.
bool isVideoOverlay(const std::string& path);

// Empty if overlays can be written to a file of this name, else the reason.
std::string overlayProblem(const std::string& path);

}  // namespace overfeat::cli
