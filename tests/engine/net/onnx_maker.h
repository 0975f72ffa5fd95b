// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace overfeat::test {

// Writes small ONNX files with the protobuf classes; everything can be broken afterwards through
// `proto`.
class OnnxMaker {
public:
    // A file with one float input "x" of the given shape (-1 = open).
    explicit OnnxMaker(std::vector<std::int64_t> input = {1, 3, 8, 8}, int opset = 13) {
        proto.set_ir_version(7);
        auto* import = proto.add_opset_import();
        import->set_domain("");
        import->set_version(opset);
        proto.mutable_graph()->set_name("test");
        addInput("x", input);
    }

    onnx::GraphProto& graph() { return *proto.mutable_graph(); }

    onnx::TypeProto_Tensor& addInput(const std::string& name,
                                     const std::vector<std::int64_t>& shape) {
        auto* input = graph().add_input();
        input->set_name(name);
        auto* type = input->mutable_type()->mutable_tensor_type();
        type->set_elem_type(onnx::TensorProto::FLOAT);
        for (const std::int64_t dim : shape) {
            auto* out = type->mutable_shape()->add_dim();
            if (dim >= 0) {
                out->set_dim_value(dim);
            } else {
                out->set_dim_param("open");
            }
        }
        return *type;
    }

    OnnxMaker& output(const std::string& name) {
        graph().add_output()->set_name(name);
        return *this;
    }

    // Float weights as typed data: 0.01, 0.02, ...
    onnx::TensorProto& weights(const std::string& name, const std::vector<std::int64_t>& shape) {
        std::int64_t count = 1;
        for (const std::int64_t dim : shape)
            count *= dim;
        std::vector<float> values;
        for (std::int64_t i = 0; i < count; ++i)
            values.push_back(0.01F * static_cast<float>(i + 1));
        return weights(name, shape, values);
    }
    onnx::TensorProto& weights(const std::string& name, const std::vector<std::int64_t>& shape,
                               const std::vector<float>& values) {
        auto* tensor = graph().add_initializer();
        tensor->set_name(name);
        tensor->set_data_type(onnx::TensorProto::FLOAT);
        tensor->mutable_dims()->Add(shape.begin(), shape.end());
        tensor->mutable_float_data()->Add(values.begin(), values.end());
        return *tensor;
    }

    onnx::NodeProto& node(const std::string& type, const std::vector<std::string>& inputs,
                          const std::string& output, const std::string& name = "") {
        auto* made = graph().add_node();
        made->set_op_type(type);
        made->set_name(name.empty() ? type : name);
        for (const std::string& input : inputs)
            made->add_input(input);
        made->add_output(output);
        return *made;
    }

    OnnxMaker& metadata(const std::string& key, const std::string& value) {
        auto* entry = proto.add_metadata_props();
        entry->set_key(key);
        entry->set_value(value);
        return *this;
    }

    std::string bytes() const { return proto.SerializeAsString(); }

    onnx::ModelProto proto;
};

inline void setInts(onnx::NodeProto& node, const std::string& name,
                    const std::vector<std::int64_t>& values) {
    auto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INTS);
    attribute->mutable_ints()->Add(values.begin(), values.end());
}
inline void setInt(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    auto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INT);
    attribute->set_i(value);
}
inline void setFloat(onnx::NodeProto& node, const std::string& name, float value) {
    auto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::FLOAT);
    attribute->set_f(value);
}
inline void setText(onnx::NodeProto& node, const std::string& name, const std::string& value) {
    auto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::STRING);
    attribute->set_s(value);
}

inline std::span<const std::byte> asBytes(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// A whole little classifier: convolution, ReLU, pooling, Gemm with `classes` outputs "scores".
inline OnnxMaker classifier(int classes = 2, std::int64_t side = 8) {
    OnnxMaker maker({-1, 3, side, side});
    maker.weights("w", {4, 3, 3, 3});
    maker.weights("b", {4});
    maker.node("Conv", {"x", "w", "b"}, "conv:out", "conv1");
    maker.node("Relu", {"conv:out"}, "relu:out", "relu1");
    maker.node("GlobalAveragePool", {"relu:out"}, "pool:out", "pool1");
    maker.node("Flatten", {"pool:out"}, "features", "flatten1");
    maker.weights("fc", {4, classes});
    maker.weights("fcb", {classes});
    maker.node("Gemm", {"features", "fc", "fcb"}, "scores", "fc1");
    maker.output("scores");
    return maker;
}

}  // namespace overfeat::test
