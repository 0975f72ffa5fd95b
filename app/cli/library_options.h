// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "engine/core/look.h"
#include "engine/detect/recogniser.h"

namespace overfeat::cli {

// The class library of a command that works on it. Without --library it is the person's own, which
// the window uses, too.
struct LibraryOption {
    std::string file;

    void addTo(CLI::App& command);
    // Throws Error(kUsage) where nobody knows a home folder.
    std::filesystem::path path(const Context& context) const;
};

// What was taught, for commands that look at pictures. Without --library they look for nothing
// taught, so that what they answer does not depend on what lies in somebody's home.
struct TaughtOptions {
    std::string library;
    bool only_taught = false;

    void addTo(CLI::App& command);
    // Makes the look one for what the library holds; says on console.err what a person should
    // know, and how far it is while captures are shown to the network that it has not seen yet.
    // Does nothing without --library. Throws what teach::loadLibrary() does, and Error(kUsage) for
    // a look that does not slide.
    void apply(Look& look, detect::Recogniser& recogniser, Console& console) const;
};

// Everything a command reads besides its inputs: no output may replace it.
std::vector<std::filesystem::path> filesRead(const CommonOptions& common,
                                             const TaughtOptions& taught, const Context& context);

}  // namespace overfeat::cli
