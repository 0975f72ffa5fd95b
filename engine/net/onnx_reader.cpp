// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_reader.h"

#include "engine/net/onnx_graph.h"
#include "engine/net/onnx_messages.h"

namespace overfeat::net {

OnnxFile readOnnx(std::span<const std::byte> onnx, const OnnxOptions& options) {
    const onnx::ModelProto model = decodeModel(onnx, options.budget);
    return {readGraph(model, options), metadataOf(model)};
}

Graph parseGraph(std::span<const std::byte> onnx,
                 const std::map<std::string, Tensor, std::less<>>& bindings) {
    OnnxOptions options;
    options.bindings = bindings;
    return readOnnx(onnx, options).graph;
}

}  // namespace overfeat::net
