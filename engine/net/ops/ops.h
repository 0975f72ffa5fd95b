// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "engine/core/shape.h"
#include "engine/net/graph.h"
#include "engine/net/onnx_operators.h"

namespace overfeat::net {
class DenseBuilder;
}

// Everything that is known of an operator before it is computed, one file for each family: how its
// node is read from a file (and what it is if all its operands are constants), its shape rule, and
// what becomes of it in a network that slides.
namespace overfeat::net::ops {

// How many inputs an operator has in the IR.
struct Signature {
    static constexpr std::size_t kNone = 99;

    std::string_view name;
    std::size_t min_inputs = 1;
    std::size_t max_inputs = 1;
    // These must be constants: the backends pack weights once.
    std::size_t first_constant = kNone;
    std::size_t last_constant = 0;
    std::size_t may_be_absent = kNone;
};

// Shapes of the inputs, nullptr for those left out.
using ShapeInputs = std::span<const Shape* const>;

// What the file may hold, by family; sorted by name.
std::span<const OnnxOperator> activationOperators() noexcept;
std::span<const OnnxOperator> arithmeticOperators() noexcept;
std::span<const OnnxOperator> concatenationOperators() noexcept;
std::span<const OnnxOperator> convolutionOperators() noexcept;
std::span<const OnnxOperator> flattenOperators() noexcept;
std::span<const OnnxOperator> gatherOperators() noexcept;
std::span<const OnnxOperator> normalizationOperators() noexcept;
std::span<const OnnxOperator> padOperators() noexcept;
std::span<const OnnxOperator> passThroughOperators() noexcept;
std::span<const OnnxOperator> poolingOperators() noexcept;
std::span<const OnnxOperator> productOperators() noexcept;
std::span<const OnnxOperator> reductionOperators() noexcept;
std::span<const OnnxOperator> reshapeOperators() noexcept;
std::span<const OnnxOperator> shapeOperators() noexcept;
std::span<const OnnxOperator> softmaxOperators() noexcept;
std::span<const OnnxOperator> transposeOperators() noexcept;

const Signature& signature(const Conv& op) noexcept;
const Signature& signature(const MaxPool& op) noexcept;
const Signature& signature(const AveragePool& op) noexcept;
const Signature& signature(const GlobalAveragePool& op) noexcept;
const Signature& signature(const Activate& op) noexcept;
const Signature& signature(const Add& op) noexcept;
const Signature& signature(const Concat& op) noexcept;
const Signature& signature(const BatchNormalization& op) noexcept;
const Signature& signature(const Gemm& op) noexcept;
const Signature& signature(const Flatten& op) noexcept;
const Signature& signature(const Softmax& op) noexcept;
const Signature& signature(const Identity& op) noexcept;
const Signature& signature(const Arithmetic& op) noexcept;
const Signature& signature(const Pad& op) noexcept;
const Signature& signature(const Reshape& op) noexcept;
const Signature& signature(const Transpose& op) noexcept;
const Signature& signature(const Gather& op) noexcept;
const Signature& signature(const ReduceMean& op) noexcept;
const Signature& signature(const LayerNormalization& op) noexcept;
const Signature& signature(const MatMul& op) noexcept;

// Throw Error(kModel) naming the node if the inputs do not fit together.
Shape outputShape(const Conv& op, const Node& node, ShapeInputs in);
Shape outputShape(const MaxPool& op, const Node& node, ShapeInputs in);
Shape outputShape(const AveragePool& op, const Node& node, ShapeInputs in);
Shape outputShape(const GlobalAveragePool& op, const Node& node, ShapeInputs in);
Shape outputShape(const Activate& op, const Node& node, ShapeInputs in);
Shape outputShape(const Add& op, const Node& node, ShapeInputs in);
Shape outputShape(const Concat& op, const Node& node, ShapeInputs in);
Shape outputShape(const BatchNormalization& op, const Node& node, ShapeInputs in);
Shape outputShape(const Gemm& op, const Node& node, ShapeInputs in);
Shape outputShape(const Flatten& op, const Node& node, ShapeInputs in);
Shape outputShape(const Softmax& op, const Node& node, ShapeInputs in);
Shape outputShape(const Identity& op, const Node& node, ShapeInputs in);
Shape outputShape(const Arithmetic& op, const Node& node, ShapeInputs in);
Shape outputShape(const Pad& op, const Node& node, ShapeInputs in);
Shape outputShape(const Reshape& op, const Node& node, ShapeInputs in);
Shape outputShape(const Transpose& op, const Node& node, ShapeInputs in);
Shape outputShape(const Gather& op, const Node& node, ShapeInputs in);
Shape outputShape(const ReduceMean& op, const Node& node, ShapeInputs in);
Shape outputShape(const LayerNormalization& op, const Node& node, ShapeInputs in);
Shape outputShape(const MatMul& op, const Node& node, ShapeInputs in);

// Add to the dense network what stands for the node there, or say that it cannot slide.
void makeDense(const Conv& op, const Node& node, DenseBuilder& dense);
void makeDense(const MaxPool& op, const Node& node, DenseBuilder& dense);
void makeDense(const AveragePool& op, const Node& node, DenseBuilder& dense);
void makeDense(const GlobalAveragePool& op, const Node& node, DenseBuilder& dense);
void makeDense(const Activate& op, const Node& node, DenseBuilder& dense);
void makeDense(const Add& op, const Node& node, DenseBuilder& dense);
void makeDense(const Concat& op, const Node& node, DenseBuilder& dense);
void makeDense(const BatchNormalization& op, const Node& node, DenseBuilder& dense);
void makeDense(const Gemm& op, const Node& node, DenseBuilder& dense);
void makeDense(const Flatten& op, const Node& node, DenseBuilder& dense);
void makeDense(const Softmax& op, const Node& node, DenseBuilder& dense);
void makeDense(const Identity& op, const Node& node, DenseBuilder& dense);
void makeDense(const Arithmetic& op, const Node& node, DenseBuilder& dense);
void makeDense(const Pad& op, const Node& node, DenseBuilder& dense);
void makeDense(const Reshape& op, const Node& node, DenseBuilder& dense);
void makeDense(const Transpose& op, const Node& node, DenseBuilder& dense);
void makeDense(const Gather& op, const Node& node, DenseBuilder& dense);
void makeDense(const ReduceMean& op, const Node& node, DenseBuilder& dense);
void makeDense(const LayerNormalization& op, const Node& node, DenseBuilder& dense);
void makeDense(const MatMul& op, const Node& node, DenseBuilder& dense);

}  // namespace overfeat::net::ops
