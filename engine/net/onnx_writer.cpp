// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_writer.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <numbers>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/core/error.h"

namespace overfeat::net {
namespace {

using onnx::AttributeProto;
using onnx::NodeProto;

// The oldest in which an average may have gaps, as averages of a fine stride have.
constexpr int kOpset = 19;
constexpr int kIrVersion = 9;

static_assert(std::endian::native == std::endian::little, "ONNX keeps numbers that way");

template <class T>
std::string_view bytesOf(std::span<const T> numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()};
}

NodeProto& with(NodeProto& node, const char* name, std::int64_t value) {
    AttributeProto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(AttributeProto::INT);
    attribute->set_i(value);
    return node;
}
NodeProto& withReal(NodeProto& node, const char* name, float value) {
    AttributeProto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(AttributeProto::FLOAT);
    attribute->set_f(value);
    return node;
}
NodeProto& with(NodeProto& node, const char* name, std::span<const std::int64_t> values) {
    AttributeProto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(AttributeProto::INTS);
    attribute->mutable_ints()->Add(values.begin(), values.end());
    return node;
}
NodeProto& with(NodeProto& node, const char* name, Extent2 extent) {
    return with(node, name, std::vector{extent.height, extent.width});
}
NodeProto& with(NodeProto& node, const SlidingWindow& window) {
    const Padding2& padding = window.padding;
    with(node, "kernel_shape", window.kernel);
    with(node, "strides", window.stride);
    with(node, "dilations", window.dilation);
    return with(node, "pads",
                std::vector{padding.top, padding.left, padding.bottom, padding.right});
}

void declare(onnx::ValueInfoProto& value, const std::string& name, const Shape* shape) {
    value.set_name(name);
    auto* type = value.mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    if (shape == nullptr) return;
    for (int axis = 0; axis < shape->rank(); ++axis) {
        auto* extent = type->mutable_shape()->add_dim();
        if ((*shape)[axis] >= 0) {
            extent->set_dim_value((*shape)[axis]);
        } else {
            extent->set_dim_param(name + "." + std::to_string(axis));
        }
    }
}

class Writer {
public:
    Writer(const Graph& graph, const std::vector<std::string>& output_names, bool with_weights)
        : graph_(graph), with_weights_(with_weights) {
        model_.set_ir_version(kIrVersion);
        model_.set_producer_name("overfeat");
        model_.add_opset_import()->set_version(kOpset);
        proto_.set_name("network");
        for (const Value& value : graph_.values)
            taken_.insert(value.name);
        names_.resize(graph_.values.size());
        if (graph_.input != kNoValue) {
            name(graph_.input) = kWrittenInput;
            taken_.insert(kWrittenInput);
            const Shape* shape = with_weights_ ? &graph_.input_shape : nullptr;
            declare(*proto_.add_input(), kWrittenInput, shape);
        }
        nameOutputs(output_names);
    }

    std::string write() {
        for (const Node& node : graph_.nodes) {
            node_ = &node;
            std::visit([this](const auto& op) { add(op); }, node.op);
        }
        for (const auto& [id, wanted] : copies_)
            put("Identity", {valueOf(id)}, wanted);
        *model_.mutable_graph() = std::move(proto_);
        constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
        std::string bytes;
        if (model_.ByteSizeLong() > kMost || !model_.SerializeToString(&bytes)) {
            throw Error(ErrorCode::kModel,
                        "The network's weights are more than the 2 GiB that one ONNX file holds.");
        }
        return bytes;
    }

private:
    void nameOutputs(const std::vector<std::string>& output_names) {
        for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
            const ValueId id = graph_.outputs[i];
            const std::string& wanted = output_names.at(i);
            taken_.insert(wanted);
            std::string& own = name(id);
            const bool renamed = own.empty() && graph_.constant(id) == nullptr;
            if (renamed) own = wanted;
            declare(*proto_.add_output(), wanted, nullptr);
            // A constant, the input itself, or one value under two names.
            if (!renamed) copies_.emplace_back(id, wanted);
        }
    }

    std::string& name(ValueId id) { return names_[static_cast<std::size_t>(id)]; }

    // The name of an operand; a constant comes into the file when it is first named.
    std::string valueOf(ValueId id) {
        if (id == kNoValue) return {};
        std::string& own = name(id);
        if (!own.empty()) return own;
        own = graph_.valueName(id);
        if (const Tensor* constant = graph_.constant(id))
            addTensor(own, constant->shape().dims(), constant->values());
        return own;
    }

    void addTensor(const std::string& called, std::span<const std::int64_t> dims,
                   std::span<const float> values) {
        onnx::TensorProto* tensor = proto_.add_initializer();
        tensor->set_name(called);
        tensor->set_data_type(onnx::TensorProto::FLOAT);
        tensor->mutable_dims()->Add(dims.begin(), dims.end());
        if (with_weights_) tensor->set_raw_data(std::string(bytesOf(values)));
    }

    std::string fresh(const std::string& what) {
        std::string made = graph_.valueName(node_->output) + "/" + what;
        while (!taken_.insert(made).second)
            made += '_';
        return made;
    }
    std::string numbers(const std::string& what, std::span<const std::int64_t> values) {
        onnx::TensorProto* tensor = proto_.add_initializer();
        tensor->set_name(fresh(what));
        tensor->set_data_type(onnx::TensorProto::INT64);
        tensor->add_dims(static_cast<std::int64_t>(values.size()));
        tensor->set_raw_data(std::string(bytesOf(values)));
        return tensor->name();
    }
    std::string number(const std::string& what, float value) {
        onnx::TensorProto* tensor = proto_.add_initializer();
        tensor->set_name(fresh(what));
        tensor->set_data_type(onnx::TensorProto::FLOAT);
        tensor->set_raw_data(std::string(bytesOf(std::span<const float>(&value, 1))));
        return tensor->name();
    }

    NodeProto& put(const char* type, std::initializer_list<std::string> inputs,
                   const std::string& output) {
        NodeProto* node = proto_.add_node();
        node->set_op_type(type);
        std::vector<std::string> list(inputs);
        while (!list.empty() && list.back().empty())
            list.pop_back();
        for (std::string& input : list)
            node->add_input(std::move(input));
        node->add_output(output);
        return *node;
    }
    // With a result that only what follows in the same layer reads.
    std::string inner(const char* type, std::initializer_list<std::string> inputs) {
        std::string made = fresh(type);
        put(type, inputs, made);
        return made;
    }

    std::string in(std::size_t operand) {
        return operand < node_->inputs.size() ? valueOf(node_->inputs[operand]) : std::string();
    }
    std::string out() { return valueOf(node_->output); }
    // What the layer itself is called if `activation` follows it.
    std::string before(const Activation& activation) {
        return activation.isNone() ? out() : fresh("linear");
    }

    void activate(const Activation& activation, const std::string& x) {
        switch (activation.curve) {
            case Curve::kClip: {
                constexpr float kInfinity = std::numeric_limits<float>::infinity();
                if (activation.isNone()) return;
                if (activation.low == 0 && activation.high == kInfinity) {
                    put("Relu", {x}, out());
                    return;
                }
                put("Clip",
                    {x, activation.low == -kInfinity ? "" : number("low", activation.low),
                     activation.high == kInfinity ? "" : number("high", activation.high)},
                    out());
                return;
            }
            case Curve::kSigmoid:
                put("Sigmoid", {x}, out());
                return;
            case Curve::kHardSigmoid:
                withReal(withReal(put("HardSigmoid", {x}, out()), "alpha", activation.slope),
                         "beta", activation.offset);
                return;
            case Curve::kLeakyRelu:
                withReal(put("LeakyRelu", {x}, out()), "alpha", activation.slope);
                return;
            case Curve::kSwish:
                put("Mul", {x, inner("Sigmoid", {x})}, out());
                return;
            case Curve::kHardSwish:
                put("HardSwish", {x}, out());
                return;
            case Curve::kGelu: {
                const std::string root = number("root", std::numbers::sqrt2_v<float>);
                const std::string erf = inner("Erf", {inner("Div", {x, root})});
                const std::string sum = inner("Add", {erf, number("one", 1)});
                put("Mul", {inner("Mul", {x, sum}), number("half", 0.5F)}, out());
                return;
            }
            case Curve::kErf:
                put("Erf", {x}, out());
                return;
            case Curve::kSqrt:
                put("Sqrt", {x}, out());
                return;
            case Curve::kFloor:
                put("Floor", {x}, out());
                return;
            case Curve::kTanh:
                put("Tanh", {x}, out());
                return;
            case Curve::kCeil:
                put("Ceil", {x}, out());
                return;
        }
    }

    void add(const Conv& conv) {
        const std::string residual = in(3);
        std::string last = residual.empty() ? before(conv.activation) : fresh("conv");
        with(with(put("Conv", {in(0), in(1), in(2)}, last), conv.window), "group", conv.groups);
        if (!residual.empty()) {
            const std::string conv_alone = std::exchange(last, before(conv.activation));
            put("Add", {conv_alone, residual}, last);
        }
        activate(conv.activation, last);
    }
    void add(const MaxPool& pool) {
        with(with(put("MaxPool", {in(0)}, out()), pool.window), "ceil_mode",
             pool.ceil_mode ? 1 : 0);
    }
    void add(const AveragePool& pool) {
        NodeProto& node = with(put("AveragePool", {in(0)}, out()), pool.window);
        with(node, "ceil_mode", pool.ceil_mode ? 1 : 0);
        with(node, "count_include_pad", pool.count_include_padding ? 1 : 0);
    }
    void add(const GlobalAveragePool& /*op*/) { put("GlobalAveragePool", {in(0)}, out()); }
    void add(const Activate& op) {
        if (op.activation.isNone()) {
            put("Identity", {in(0)}, out());
        } else {
            activate(op.activation, in(0));
        }
    }
    void add(const Add& op) {
        const std::string sum = before(op.activation);
        put("Add", {in(0), in(1)}, sum);
        activate(op.activation, sum);
    }
    void add(const Concat& op) {
        NodeProto& node = put("Concat", {}, out());
        for (std::size_t i = 0; i < node_->inputs.size(); ++i)
            node.add_input(in(i));
        with(node, "axis", op.axis);
    }
    void add(const BatchNormalization& op) {
        withReal(put("BatchNormalization", {in(0), in(1), in(2), in(3), in(4)}, out()), "epsilon",
                 op.epsilon);
    }
    void add(const Gemm& op) {
        NodeProto& node = put("Gemm", {in(0), in(1), in(2)}, out());
        withReal(withReal(node, "alpha", op.alpha), "beta", op.beta);
        with(with(node, "transA", op.transpose_a ? 1 : 0), "transB", op.transpose_b ? 1 : 0);
    }
    void add(const Flatten& op) { with(put("Flatten", {in(0)}, out()), "axis", op.axis); }
    void add(const Softmax& op) {
        if (!op.flattens_from_axis) {
            with(put("Softmax", {in(0)}, out()), "axis", op.axis);
            return;
        }
        const std::string rows = fresh("rows");
        with(put("Flatten", {in(0)}, rows), "axis", op.axis);
        const std::string shares = fresh("shares");
        with(put("Softmax", {rows}, shares), "axis", 1);
        put("Reshape", {shares, inner("Shape", {in(0)})}, out());
    }
    void add(const Identity& /*op*/) { put("Identity", {in(0)}, out()); }
    void add(const Arithmetic& op) { put(std::string(opName(op)).c_str(), {in(0), in(1)}, out()); }
    void add(const Pad& op) {
        const Padding2& padding = op.padding;
        const std::vector<std::int64_t> sides{0, 0, padding.top,    padding.left,
                                              0, 0, padding.bottom, padding.right};
        NodeProto& node =
            put("Pad",
                {in(0), numbers("pads", sides), op.repeats_edge ? "" : number("value", op.value)},
                out());
        AttributeProto* mode = node.add_attribute();
        mode->set_name("mode");
        mode->set_type(AttributeProto::STRING);
        mode->set_s(op.repeats_edge ? "edge" : "constant");
    }
    void add(const Reshape& op) {
        put("Reshape", {in(0), numbers("shape", op.shape.dims())}, out());
    }
    void add(const Transpose& op) {
        with(put("Transpose", {in(0)}, out()), "perm",
             std::vector<std::int64_t>(op.axes.begin(), op.axes.end()));
    }
    void add(const Gather& op) {
        const std::vector<std::int64_t> places(op.indices.begin(), op.indices.end());
        with(put("Gather", {in(0), numbers("places", places)}, out()), "axis", op.axis);
    }
    void add(const ReduceMean& op) {
        const std::vector<std::int64_t> axes(op.axes.begin(), op.axes.end());
        with(put("ReduceMean", {in(0), axes.empty() ? "" : numbers("axes", axes)}, out()),
             "keepdims", op.keep_dims ? 1 : 0);
    }
    void add(const LayerNormalization& op) {
        if (!op.only_axis) {
            NodeProto& node = put("LayerNormalization", {in(0), in(1), in(2)}, out());
            withReal(with(node, "axis", op.axis), "epsilon", op.epsilon);
            return;
        }
        // ONNX knows no such layer; its axis is the channels' of a picture.
        const std::string axis = numbers("axis", std::vector<std::int64_t>{op.axis});
        const std::string centred = inner("Sub", {in(0), inner("ReduceMean", {in(0), axis})});
        const std::string square = inner("Mul", {centred, centred});
        const std::string variance = inner("ReduceMean", {square, axis});
        const std::string sum = inner("Add", {variance, number("epsilon", op.epsilon)});
        const std::string normal = inner("Div", {centred, inner("Sqrt", {sum})});
        if (in(2).empty()) {
            put("Mul", {normal, perChannel("scale", 1)}, out());
        } else {
            const std::string scaled = inner("Mul", {normal, perChannel("scale", 1)});
            put("Add", {scaled, perChannel("bias", 2)}, out());
        }
    }
    // One number per channel, as it meets a picture.
    std::string perChannel(const std::string& what, std::size_t operand) {
        const std::vector<std::int64_t> shape{-1, 1, 1};
        return inner("Reshape", {in(operand), numbers(what + "s", shape)});
    }
    void add(const MatMul& /*op*/) { put("MatMul", {in(0), in(1)}, out()); }

    const Graph& graph_;
    bool with_weights_;
    const Node* node_ = nullptr;
    onnx::ModelProto model_;
    onnx::GraphProto proto_;
    std::vector<std::string> names_;                       // of values, once written
    std::vector<std::pair<ValueId, std::string>> copies_;  // outputs that are called otherwise, too
    std::set<std::string, std::less<>> taken_;
};

}  // namespace

std::string writeOnnx(const Graph& graph, const std::vector<std::string>& output_names) {
    return Writer(graph, output_names, true).write();
}

std::uint64_t structurePrint(const Graph& graph) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i)
        names.push_back(std::to_string(i));
    // FNV-1a.
    std::uint64_t print = 0xcbf29ce484222325ULL;
    for (const char byte : Writer(graph, names, false).write())
        print = (print ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
    return print;
}

}  // namespace overfeat::net
