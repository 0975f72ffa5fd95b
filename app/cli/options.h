// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/console.h"
#include "app/store/model_store.h"
#include "engine/backend/registry.h"
#include "engine/core/look.h"
#include "engine/detect/recogniser.h"

namespace overfeat::cli {

// The engine's limits of an option, for its parser.
template <class T>
CLI::Range within(const Range<T>& range) {
    return CLI::Range(range.least, range.most);
}

// Options that several commands share. Each struct registers itself with a command's parser.

struct CommonOptions {
    std::string model;  // empty: the best there is
    std::string device = "auto";
    int threads = 0;
    bool json = false;

    void addTo(CLI::App& command);
};

struct ViewOptions {
    std::string views = "dense";
    std::string stride = "coarse";
    int scales = Look{}.scale_count;
    double smallest = Look{}.smallest_side_windows;
    double largest = Look{}.largest_side_windows;
    bool flip = false;

    void addTo(CLI::App& command);
    // Without --views, for what needs windows all over the picture.
    void addDenseTo(CLI::App& command);
};

struct InputOptions {
    std::vector<std::string> inputs;
    std::int64_t every = 1;
    std::int64_t max_frames = 0;

    CLI::Option* addTo(CLI::App& command);  // returns the inputs' own option
};

// Loads what --model names, and says on console.err what the files left open.
std::vector<std::shared_ptr<const net::Model>> loadModels(const CommonOptions& options,
                                                          const store::ModelStore& store,
                                                          Console& console);

detect::Recogniser makeRecogniser(std::vector<std::shared_ptr<const net::Model>> models,
                                  const CommonOptions& common);

// What the options ask of the network. Throws Error(kUsage) if they do not fit it, e.g. a fine
// stride it does not have.
Look lookFor(const ViewOptions& views, const detect::RecogniserInfo& network);

// The class a person means by a label or an id. Throws Error(kUsage) with labels like it.
std::size_t classNamed(const LabelSet& labels, const std::string& text);

// What is wrong with an inference server's address; empty if nothing is.
std::string serverProblem(const std::string& device);

// As backend::chooseBackend, but a GPU this build cannot use is refused with its reason.
backend::Choice chooseDevice(const std::string& wanted);

// Says on console.err why an inference server that was asked for does not compute, or did not to
// the end.
void noteReplacedServer(Console& console, const DeviceChoice& device);

}  // namespace overfeat::cli
