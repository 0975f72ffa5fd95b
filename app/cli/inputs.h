// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/console.h"
#include "engine/core/image.h"

namespace overfeat::cli {

// What a folder holds, by content; hidden files and subfolders are not looked at.
struct FolderFiles {
    std::vector<std::string> names;     // pictures and videos, and what is named like one; in order
    std::vector<std::string> left_out;  // everything else
};
// Throws Error(kInput) if it cannot be read.
FolderFiles filesIn(const std::filesystem::path& folder, const Console& console);

struct InputFrame {
    std::string file;        // as typed, or folder + name; raw bytes
    std::int64_t frame = 0;  // number within a video, 0 for a picture
    // Of a video frame: the file's own time, in seconds from its start.
    std::optional<double> time_s = std::nullopt;
    Image image;
    // Its place among all pictures and frames of the walk, from 0. It names files, so it should not
    // depend on what goes well: a picture that cannot be used keeps its number, and so does a
    // video of which nothing can be used. Only a video that breaks off counts what was read of it.
    std::int64_t number = 0;
    bool still = false;  // a picture file, which nothing was seen before
};

struct WalkSummary {
    int bad = 0;               // inputs that could not be used
    std::int64_t numbers = 0;  // pictures and frames that were numbered
};

struct WalkOptions {
    std::int64_t every = 1;       // of a video, take each n-th frame
    std::int64_t max_frames = 0;  // per video; 0 = all
    std::int64_t most = 0;        // pictures and frames in all, then the walk ends; 0 = all
};

// Hands every picture and video frame of the inputs (files and folders) to `onFrame`, in order. An
// input that cannot be used is reported on console.err and the next one is taken; other errors, and
// those thrown by `onFrame` that are not about the input, end the walk.
WalkSummary forEachFrame(const std::vector<std::string>& inputs, const WalkOptions& options,
                         Console& console, const std::function<void(const InputFrame&)>& onFrame);

// Whether the inputs are exactly one picture file, so that outputs need no numbers.
bool isSinglePicture(const std::vector<std::string>& inputs);

}  // namespace overfeat::cli
