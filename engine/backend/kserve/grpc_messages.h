// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/backend/kserve/tensors.h"

namespace overfeat::backend::kserve {

// The protocol's messages as gRPC sends them: protobuf behind five bytes that tell its length. They
// are read field by field, so that nothing is made of what a server sends but what is asked for.
// What does the reading throws Garbage.

std::string serverQuestion();
ServerInfo parseServerMessage(std::span<const char> answer);

std::string modelQuestion(const std::string& name);
ModelInfo parseModelMessage(std::span<const char> answer);

// Everything of a call in front of the input's numbers: a multiple of four bytes, so that the
// numbers behind it can be written where they lie. Throws Error(kModel) if gRPC has no messages so
// large.
std::string callHead(const CallShape& call, const std::string& model);
// No answer to such a call is longer.
std::size_t mostMessageBytes(const CallShape& call);
// Copies what was answered to `outputs`, one place for each output.
void readMessage(const CallShape& call, std::span<const char> answer,
                 std::span<const std::span<float>> outputs);

}  // namespace overfeat::backend::kserve
