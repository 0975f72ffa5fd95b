// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/backend/kserve/tensors.h"

namespace overfeat::backend::kserve {

// What the KServe protocol (version 2, over HTTP, with the extension for binary numbers) puts into
// JSON and beside it. Whatever reads throws Garbage for what is no answer.

ServerInfo parseServer(std::string_view json);
ModelInfo parseModel(std::string_view json);

// The JSON in front of the input's numbers, filled with blanks to a multiple of 16 bytes, so that
// the numbers behind it can be written and read where they lie.
std::string binaryHeader(const CallShape& call);
// All of it as JSON, for servers without the extension.
std::string jsonRequest(const CallShape& call, std::span<const float> input);
// No answer to such a call is longer; a server may write its numbers out though it takes others.
std::size_t mostJsonBytes(const CallShape& call);

// Copies what was answered to `outputs`, one place for each output. `json_bytes` are in front, and
// numbers behind them. Throws Garbage for what is no answer to this call.
void readAnswer(const CallShape& call, std::span<const char> answer,
                std::optional<std::size_t> json_bytes, std::span<const std::span<float>> outputs);

// The sentence in an answer that says no, fit to be shown; empty if there is none.
std::string errorText(std::string_view answer);

}  // namespace overfeat::backend::kserve
