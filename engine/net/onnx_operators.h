// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/net/graph.h"
#include "engine/net/onnx_node.h"

namespace overfeat::net {

inline constexpr int kNewestOpset = 22;
inline constexpr int kAnyNumber = 2'147'483'647;  // of inputs

// What a node of the file becomes: a node of the IR, or (the operator Constant) a constant.
struct ParsedNode {
    Op op = Identity{};
    std::vector<ValueId> inputs;
    OnnxConstant constant;
    // What is done to the result afterwards, one after the other.
    std::vector<Op> then{};
    // Of the second and further outputs, from the same inputs.
    std::vector<Op> other_outputs{};
};

// One ONNX operator in a range of opsets. To support another operator, add a row to its family
// (ops/), and an `Op` with its rules there if it is a new kind of work.
struct OnnxOperator {
    std::string_view name;
    int first_opset;
    int last_opset;
    int min_inputs;
    int max_inputs;
    ParsedNode (*parse)(OnnxNode& node);
};

// All rows, by name.
std::span<const OnnxOperator> onnxOperators();

// The row for an operator of the standard domain, nullptr if there is none.
const OnnxOperator* findOnnxOperator(std::string_view name, int opset);

}  // namespace overfeat::net
