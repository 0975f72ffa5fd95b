// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/geometry.h"

namespace overfeat::app {

// The command line of overfeat-live.
struct Arguments {
    std::optional<std::string> source;  // as capture::parseSource reads it
    std::optional<std::string> model;   // as store::ModelStore::resolve reads it
    std::optional<std::string> device;
    bool headless = false;
    bool json = false;
    std::string record;            // headless: the annotated video; empty = none
    std::string library;           // headless: the class library to look for; empty = none
    bool only_taught = false;      // headless: nothing else is looked for
    std::string screenshot;        // PNG of the window; empty = none
    int after_frames = 0;          // recognised frames before the screenshot or the end; 0 = unset
    std::optional<SizePx> window;  // instead of the remembered size
    std::vector<std::string> qt;   // e.g. "-platform", "offscreen": for QApplication
};

struct ParsedArguments {
    std::optional<Arguments> arguments;
    // Without arguments: what to print and the exit code (0 after --help and --version, 2 for a
    // wrong command line, whose sentence belongs on stderr).
    std::string text;
    int exit_code = 0;
};

// Bytes of paths are kept as they are. Prints nothing and does not exit.
ParsedArguments parseArguments(const std::vector<std::string>& arguments);

}  // namespace overfeat::app
