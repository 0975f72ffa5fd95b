// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/cli/console.h"
#include "engine/core/image.h"
#include "engine/core/look.h"
#include "engine/detect/recogniser.h"

namespace overfeat::cli {

struct BenchTaughtOptions {
    std::vector<int> counts;        // of classes, each of one example; 0 is measured in any case
    std::vector<std::string> from;  // pictures, videos and folders whose parts they are
    int runs = 10;
    Look look;
};

// Recognises a picture with so many taught classes, in turns, and prints how much more processor
// time that costs than without any; and what one capture costs. The parts are drawn at random, the
// same ones every time; of many classes some have the same example. Processor time is that of all
// threads, so that other programs count for less. Returns the exit code; throws Error.
int benchTaught(const BenchTaughtOptions& options, const Image& picture,
                detect::Recogniser& recogniser, Console& console, Results& results);

}  // namespace overfeat::cli
