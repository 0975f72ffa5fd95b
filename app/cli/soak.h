// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/cli/console.h"
#include "engine/core/geometry.h"
#include "engine/core/look.h"
#include "engine/detect/recogniser.h"

namespace overfeat::cli {

struct SoakOptions {
    std::string video;  // looped over; empty = a made-up picture of `frame`
    SizePx frame;
    int seconds = 0;
    Look look;
};

// Recognises frames for a time and prints frames, frames/s, resident memory at the start and end,
// and the slope of a line through it (sampled once a second after the first tenth of the time, in
// which caches fill). Returns the exit code; throws Error.
int soak(const SoakOptions& options, detect::Recogniser& recogniser, Console& console,
         Results& results);

}  // namespace overfeat::cli
