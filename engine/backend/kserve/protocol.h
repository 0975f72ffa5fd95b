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

// What the KServe protocol (version 2, over HTTP, with the extension for binary numbers) puts into
// JSON and beside it. Knows no connection. What it reads was sent by anybody.

// Metadata that is longer is not read.
inline constexpr std::size_t kMostMetadataBytes = 1U << 20;

// An answer that is none; `what()` continues the sentence "The inference server ...".
struct Garbage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct ServerInfo {
    std::string name;  // "triton 2.41.0": fit to be shown
    bool takes_binary = false;
};
ServerInfo parseServer(std::string_view json);

struct TensorInfo {
    std::string name;
    std::string datatype;
    std::vector<std::int64_t> shape;  // -1 = any
};
struct ModelInfo {
    std::vector<TensorInfo> inputs;
    std::vector<TensorInfo> outputs;
};
ModelInfo parseModel(std::string_view json);

// Why a model with these inputs cannot take pictures of this shape ("takes ..."), or nothing.
std::optional<std::string> whyNotInput(const ModelInfo& model, const Shape& pictures);

// The tensors of one call, as both sides name them.
struct CallShape {
    Shape input;
    std::vector<std::string> output_names;
    std::vector<Shape> outputs;
};

// The JSON in front of the input's numbers, filled with blanks to a multiple of 16 bytes, so that
// the numbers behind it can be written and read where they lie.
std::string binaryHeader(const CallShape& call);
// All of it as JSON, for servers without the extension.
std::string jsonRequest(const CallShape& call, std::span<const float> input);
// No answer to such a call is longer; a server may write its numbers out though it takes others.
std::size_t mostAnswerBytes(const CallShape& call);

// Copies what was answered to `outputs`, one place for each output. `json_bytes` are in front, and
// numbers behind them. Throws Garbage for what is no answer to this call.
void readAnswer(const CallShape& call, std::span<const char> answer,
                std::optional<std::size_t> json_bytes, std::span<const std::span<float>> outputs);

// The sentence in an answer that says no, fit to be shown; empty if there is none.
std::string errorText(std::string_view answer);

}  // namespace overfeat::backend::kserve
