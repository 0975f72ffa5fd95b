// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/cli/console.h"
#include "engine/core/geometry.h"
#include "engine/core/look.h"
#include "engine/detect/recogniser.h"

namespace overfeat::cli {

struct PreviewOptions {
    std::string video;  // looped over at its own pace; empty = 60 made-up pictures a second
    SizePx frame;       // of the made-up pictures
    int seconds = 0;
    Look look;
};

// Does what the window does, without one: a thread captures frames, the inference thread recognises
// as many as it can, and this thread draws the newest one. Prints how many of each there were a
// second, once the network has given its first result. Returns the exit code; throws Error.
int preview(const PreviewOptions& options, detect::Recogniser recogniser, Console& console,
            Results& results);

}  // namespace overfeat::cli
