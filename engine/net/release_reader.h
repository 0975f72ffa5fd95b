// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "engine/net/graph.h"
#include "engine/net/model.h"
#include "engine/net/model_metadata.h"

namespace overfeat::net {

// The two networks of the OverFeat release (Sermanet et al., 2013), from the files that they were
// published in: raw little-endian float32 without a header, weights and bias of one layer after the
// other (README.md beside this file). Everything else is known here: layers, window, normalisation
// and the order of the classes.
struct ReleaseNetwork {
    // Values are called as the release numbers its layers ("0" to "21", or to "24").
    Graph graph;
    ModelDescription described;
};

// Whether loadModel() takes a file for one of these: it is called like one, or has the size of one
// and is not called *.onnx. What is in it is not looked at.
bool isReleaseFile(const std::filesystem::path& path);

// Throws Error(kModel) with one sentence that says what is wrong with the file. Its numbers are
// read straight to where they stay, so they are in memory once.
ReleaseNetwork readRelease(const std::filesystem::path& path, const ReadBudget& budget);

}  // namespace overfeat::net
