// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include "engine/net/graph.h"
#include "engine/net/onnx_reader.h"

namespace overfeat::net {

// The network inside decoded messages, checked from end to end. Throws Error(kModel).
Graph readGraph(const onnx::ModelProto& model, const OnnxOptions& options);

}  // namespace overfeat::net
