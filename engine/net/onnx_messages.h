// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "engine/net/model.h"

namespace overfeat::net {

// What `bytes` obviously is instead of an ONNX model ("is a web page ..."), or nothing.
std::optional<std::string> foreignContent(std::span<const std::byte> bytes);

// Decodes the protobuf messages, with limits on size and nesting. Throws Error(kModel) with a
// sentence for each kind of file that is not a whole ONNX model.
onnx::ModelProto decodeModel(std::span<const std::byte> bytes, const ReadBudget& budget);

// metadata_props. Throws Error(kModel) if a key occurs twice.
std::map<std::string, std::string, std::less<>> metadataOf(const onnx::ModelProto& model);

}  // namespace overfeat::net
