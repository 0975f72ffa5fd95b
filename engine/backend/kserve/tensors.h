// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.h"

namespace overfeat::backend::kserve {

// What the KServe protocol (version 2) says, whichever way it travels. Knows no connection. What is
// read was sent by anybody.

// Metadata that is longer is not read.
inline constexpr std::size_t kMostMetadataBytes = 1U << 20;
inline constexpr std::size_t kMostTensors = 4096;  // of one model

// An answer that is none; `what()` continues the sentence "The inference server ...".
struct Garbage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct ServerInfo {
    std::string name;           // "triton 2.41.0": fit to be shown
    bool takes_binary = false;  // numbers beside the JSON; others have no JSON
};

struct TensorInfo {
    std::string name;
    std::string datatype;
    std::vector<std::int64_t> shape;  // -1 = any
};
struct ModelInfo {
    std::vector<TensorInfo> inputs;
    std::vector<TensorInfo> outputs;
};

// Why a model with these inputs cannot take pictures of this shape ("takes ..."), or nothing.
std::optional<std::string> whyNotInput(const ModelInfo& model, const Shape& pictures);

// The tensors of one call, as both sides name them.
struct CallShape {
    Shape input;
    std::vector<std::string> output_names;
    std::vector<Shape> outputs;

    std::size_t outputNumbers() const;
};

// Which outputs of a call were answered so far.
class Answered {
public:
    explicit Answered(const CallShape& call);
    // The place of an output among those of the call. Throws Garbage if nobody asked for it, or not
    // for one like it.
    std::size_t take(const TensorInfo& output);
    // Throws Garbage unless all were.
    void checkAll() const;

private:
    const CallShape& call_;
    std::vector<bool> seen_;
};

// What a server says of itself, made fit to be shown.
std::string shownText(std::string text);

}  // namespace overfeat::backend::kserve
