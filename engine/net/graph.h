// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/shape.h"
#include "engine/core/tensor.h"

namespace overfeat::net {

// The intermediate representation of a network: a list of nodes in execution order over named
// values, with ONNX semantics (NCHW, cross-correlation). Built by a reader, changed by the passes,
// compiled by the backends.

using ValueId = std::int32_t;
inline constexpr ValueId kNoValue = -1;

// Height before width, as everywhere in ONNX.
struct Extent2 {
    std::int64_t height = 1;
    std::int64_t width = 1;
    bool operator==(const Extent2&) const = default;
};

struct Padding2 {
    std::int64_t top = 0;
    std::int64_t left = 0;
    std::int64_t bottom = 0;
    std::int64_t right = 0;
    bool operator==(const Padding2&) const = default;
};

// What a convolution or pooling slides over its input. `dilation` 1 = no gaps (the ONNX
// convention; oneDNN counts from 0).
struct SlidingWindow {
    Extent2 kernel{};
    Extent2 stride{};
    Extent2 dilation{};
    Padding2 padding{};
    bool operator==(const SlidingWindow&) const = default;

    // The extent the kernel covers including its gaps.
    Extent2 covered() const noexcept {
        return {dilation.height * (kernel.height - 1) + 1, dilation.width * (kernel.width - 1) + 1};
    }
};

// What a layer does to every number at its end.
enum class Curve : std::uint8_t {
    kClip,         // min(max(x, low), high)
    kSigmoid,      // s(x) = 1 / (1 + exp(-x))
    kHardSigmoid,  // min(max(slope * x + offset, 0), 1)
    kLeakyRelu,    // x < 0 ? slope * x : x
    kSwish,        // x * s(x), also called SiLU
    kHardSwish,    // x * min(max(x / 6 + 1 / 2, 0), 1)
    kGelu,         // x * (1 + erf(x / sqrt(2))) / 2
    kErf,
    kSqrt,
    kFloor,
    kTanh,
    kCeil,
};

// None when it clips and both bounds are infinite. ReLU is [0, inf).
struct OVERFEAT_API Activation {
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
    Curve curve = Curve::kClip;
    float slope = 1;   // of kHardSigmoid and kLeakyRelu
    float offset = 0;  // of kHardSigmoid

    static Activation relu() { return {.low = 0}; }
    static Activation of(Curve which) { return {.curve = which}; }
    bool clips() const noexcept { return curve == Curve::kClip; }
    bool isNone() const noexcept;
    bool operator==(const Activation&) const = default;
};

// Inputs: x, weight [out][in / groups][kH][kW], bias [out] or kNoValue, and after fusion a residual
// of the output's shape or absent. Order of work: convolution, bias, residual, activation.
struct Conv {
    SlidingWindow window{};
    std::int64_t groups = 1;
    Activation activation{};
};
struct MaxPool {
    SlidingWindow window{};
    bool ceil_mode = false;
};
struct AveragePool {
    SlidingWindow window{};
    bool ceil_mode = false;
    bool count_include_padding = false;
};
struct GlobalAveragePool {};
// Relu, Sigmoid and so on. (Clip's bounds are resolved to numbers by the reader.)
struct Activate {
    Activation activation{};
};
struct Add {  // NumPy broadcasting, two inputs
    Activation activation{};
};
struct Concat {
    int axis = 1;
};
struct BatchNormalization {  // inputs: x, scale, bias, mean, variance
    float epsilon = 1e-5F;
};
struct Gemm {  // y = alpha * A' * B' + beta * C
    float alpha = 1;
    float beta = 1;
    bool transpose_a = false;
    bool transpose_b = false;
};
struct Flatten {
    int axis = 1;
};
struct Softmax {
    int axis = -1;
    // Before opset 13 everything from `axis` on is one row.
    bool flattens_from_axis = false;
};
struct Identity {};
// The other operations on two tensors, with NumPy broadcasting: Sub, Mul, Div, Pow.
struct Arithmetic {
    enum class Kind : std::uint8_t { kSubtract, kMultiply, kDivide, kPower };
    Kind kind = Kind::kMultiply;
};
// Makes pictures larger: by one number, or by repeating what lies at their edge.
struct Pad {
    Padding2 padding{};
    float value = 0;
    bool repeats_edge = false;
};
// The same numbers in the same order under other extents: 0 = as the input has it there, -1 = what
// remains.
struct Reshape {
    Shape shape;
};
struct Transpose {
    std::vector<int> axes;  // which axis of the input becomes axis i of the output
};
// These places along an axis, one after the other: Gather, Slice, Split, and shuffled channels.
struct Gather {
    int axis = 1;
    std::vector<std::int32_t> indices;
};
struct ReduceMean {
    std::vector<int> axes;  // none: all
    bool keep_dims = true;
};
// (x - mean) / sqrt(variance + epsilon) * scale + bias; inputs: x, scale, bias or kNoValue. Over
// all axes from `axis` on, or along it alone.
struct LayerNormalization {
    int axis = -1;
    bool only_axis = false;
    float epsilon = 1e-5F;
};
struct MatMul {};  // NumPy's: of the last two axes, the others are broadcast

// New ones go to the end: what was taught with a network is found again by their numbers.
using Op = std::variant<Conv, MaxPool, AveragePool, GlobalAveragePool, Activate, Add, Concat,
                        BatchNormalization, Gemm, Flatten, Softmax, Identity, Arithmetic, Pad,
                        Reshape, Transpose, Gather, ReduceMean, LayerNormalization, MatMul>;

// "Conv", "MaxPool", ...
OVERFEAT_API std::string_view opName(const Op& op) noexcept;

struct Node {
    std::string name;  // as in the file; made up if it had none
    Op op;
    std::vector<ValueId> inputs;
    ValueId output = kNoValue;
};

struct Value {
    std::string name;
    // Weights and other numbers known before the network runs. Shared, never copied, by passes.
    std::shared_ptr<const Tensor> constant;
};

// Invariants (checked by `validate`): every node input is a graph input, a constant or the output
// of an earlier node; every value has at most one producer; names of values are unique.
struct OVERFEAT_API Graph {
    std::vector<Value> values;
    std::vector<Node> nodes;   // in execution order
    ValueId input = kNoValue;  // [N, C, H, W]
    // Declared extents of the input; -1 where the file leaves them open.
    Shape input_shape;
    std::vector<ValueId> outputs;

    ValueId addValue(std::string name, std::shared_ptr<const Tensor> constant = nullptr);
    std::optional<ValueId> findValue(std::string_view name) const;
    const Tensor* constant(ValueId id) const noexcept;  // nullptr if not a constant
    const std::string& valueName(ValueId id) const;
};

// Throws Error(kModel) naming the node or value that breaks an invariant of Graph.
OVERFEAT_API void validate(const Graph& graph);

// Differs for graphs that differ in their weights or in the kinds of their nodes. Not a defence
// against anybody who wants two graphs to look the same.
std::uint64_t fingerprint(const Graph& graph);

// The shape of every value for one input shape, by our own rules with overflow checks.
// `max_elements` bounds the sum of all activations. Throws Error(kModel) naming the node.
OVERFEAT_API std::vector<Shape> inferShapes(const Graph& graph, const Shape& input,
                                            std::int64_t max_elements = std::int64_t{1} << 31);

// The part of the graph that the named values need, with them as outputs: features at any layer.
// Throws Error(kUsage) for an unknown name, listing near matches.
OVERFEAT_API Graph withOutputs(const Graph& graph, const std::vector<std::string>& names);

// Multiply-adds for one input shape; additions and comparisons are not counted.
std::int64_t multiplyAdds(const Graph& graph, const Shape& input);

}  // namespace overfeat::net
