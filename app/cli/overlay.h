// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "app/cli/kept_files.h"
#include "engine/core/image.h"
#include "engine/core/recognition.h"

namespace overfeat::cli {

// The picture with the boxes of its objects, each with label, score and votes, encoded as the
// extension of `path` says. Throws Error(kRuntime) if it cannot be encoded.
std::string overlayBytes(const Image& image, const Recognition& seen, const std::string& path);

// Pictures with the boxes of their objects as a video: Matroska with motion JPEG, because what has
// been written can be played even if the program is killed, and no picture needs another one.
class OverlayVideo {
public:
    // The file is made with the first picture and replaced if it exists, unless it is in `kept`.
    OverlayVideo(std::filesystem::path path, double fps, KeptFiles kept = {});
    ~OverlayVideo();  // ends the file if finish() has not
    OverlayVideo(const OverlayVideo&) = delete;
    OverlayVideo& operator=(const OverlayVideo&) = delete;

    // Throws Error(kRuntime) if the file cannot be made or the disk is full, Error(kUsage) instead
    // of replacing a kept file, Error(kInput) for a picture of another size than the first.
    void add(const Image& image, const Recognition& seen);
    // Ends the file. Throws Error(kRuntime) if not every picture has arrived in it, as on a full
    // disk.
    void finish();

private:
    class Writer;
    std::unique_ptr<Writer> writer_;
};

// Whether an overlay of this name is a video.
bool isVideoOverlay(const std::string& path);

// Empty if overlays can be written to a file of this name, else the reason.
std::string overlayProblem(const std::string& path);

}  // namespace overfeat::cli
