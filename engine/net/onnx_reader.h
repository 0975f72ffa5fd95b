// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "engine/core/tensor.h"
#include "engine/net/graph.h"
#include "engine/net/model.h"

namespace overfeat::net {

// Reads the graph of an ONNX file as it is, without what makes it a picture classifier; `loadModel`
// and `parseModel` (model.h) are built on it, and so are tests that run single operators.

struct OnnxOptions {
    // Graph inputs by name that become constants, e.g. weights that a test model takes as inputs.
    // At most one input may stay unbound: it becomes `Graph::input`, of whatever rank it has. If
    // none is left (or the file has none), `Graph::input` is kNoValue.
    std::map<std::string, Tensor, std::less<>> bindings;
    // Height and width of the input where the file leaves them open, to resolve `auto_pad` and
    // sizes that the file computes; 0 = unknown.
    int assumed_side_px = 0;
    // Models are refused below this. GlobalAveragePool and Identity mean the same since opset 1,
    // and ONNX's own test of the former is written in it.
    int oldest_opset = 7;
    // The model's own folder, where its weights may lie in files of their own. Empty: no file is
    // read.
    std::filesystem::path folder;
    ReadBudget budget;
};

struct OnnxFile {
    Graph graph;  // validated; an operator "Constant" has become a constant value
    std::map<std::string, std::string, std::less<>> metadata;  // metadata_props
};

// Throws Error(kModel) with one sentence that names the node or tensor, and Error(kUsage) if a
// binding names no input. Reads nothing but `onnx` and plain files in `options.folder` that it
// names.
OnnxFile readOnnx(std::span<const std::byte> onnx, const OnnxOptions& options = {});

// The graph alone: `parseGraph(bytes, {{"W", weights}})`.
Graph parseGraph(std::span<const std::byte> onnx,
                 const std::map<std::string, Tensor, std::less<>>& bindings = {});

}  // namespace overfeat::net
