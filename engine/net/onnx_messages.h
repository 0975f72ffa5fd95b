// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace overfeat::net {

// What `bytes` obviously is instead of an ONNX model ("is a web page ..."), or nothing.
std::optional<std::string> foreignContent(std::span<const std::byte> bytes);

// Decodes the protobuf messages, with limits on size and nesting. Throws Error(kModel) with a
// sentence for each kind of file that is not a whole ONNX model.
onnx::ModelProto decodeModel(std::span<const std::byte> bytes);

}  // namespace overfeat::net
