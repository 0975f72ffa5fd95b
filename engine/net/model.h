// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/label_set.h"
#include "engine/net/graph.h"

namespace overfeat::net {

// (rgb - mean) / std per channel, on the 0..255 scale.
struct Normalisation {
    std::array<float, 3> mean{0, 0, 0};
    std::array<float, 3> std{1, 1, 1};
};

// A network as trained on one fixed window, with what is known about it (README.md beside this
// file).
struct Model {
    std::string name;  // file stem
    std::string path;  // for messages; empty if read from memory
    Graph graph;       // the window network, outputs: scores [, boxes] [, features]
    int window_px = 0;
    Normalisation normalisation;
    // The share of a picture's shorter side that the centre view takes. Most classifiers of
    // photographs are measured on 0.875 of it.
    double crop = 1;
    std::shared_ptr<const LabelSet> labels;
    std::string scores;                // value name: logits, or probabilities if it ends in Softmax
    std::optional<std::string> boxes;  // value name: [N, 4], x1 y1 x2 y2 in window units
    std::optional<std::string> features;  // value name of the embedding
    std::vector<float> feature_mean;      // base-set mean of the embedding; may be empty
    std::string card;                     // model card, plain text
    // What the file did not say and the reader assumed, one sentence each: shown to the user.
    std::vector<std::string> assumptions;
};

// Limits for untrusted files; everything is checked before memory is asked for.
struct ReadBudget {
    std::int64_t max_file_bytes = std::int64_t{2} << 30;
    std::int64_t max_weight_elements = std::int64_t{400} << 20;
    int max_nodes = 20'000;
    // Messages and texts of all kinds in the file: a node of a usual network has about twenty, with
    // its attributes and the descriptions of its outputs.
    std::int64_t max_messages = 1'000'000;
};

// Reads an ONNX file (opset 7-22, see engine/net/README.md for the operators), its metadata_props
// and the sidecar `<model>.json` if there is one. Weights may lie in other files of the model's own
// folder (external data). Or reads the weights of the OverFeat release, raw as they are, which are
// known by their name (net_weight_0, net_weight_1) or their size. Throws Error(kModel) with one
// sentence that names the file, node or tensor. Touches no other file.
OVERFEAT_API std::shared_ptr<const Model> loadModel(const std::filesystem::path& path,
                                                    const ReadBudget& budget = {});

// The same from memory, e.g. the embedded default model. `name` is used in messages.
OVERFEAT_API std::shared_ptr<const Model> parseModel(std::span<const std::byte> onnx,
                                                     const std::string& name,
                                                     const ReadBudget& budget = {});

// Whether a file is called as the weights of the OverFeat release are: it has no ending to be known
// by.
OVERFEAT_API bool isNamedLikeRelease(const std::filesystem::path& path);

// The files that loadModel() reads, as far as they are there: the model, its weights, its sidecar
// and the list of labels which that names. Throws nothing for one that would be refused.
OVERFEAT_API std::vector<std::filesystem::path> modelFiles(const std::filesystem::path& path);

}  // namespace overfeat::net
