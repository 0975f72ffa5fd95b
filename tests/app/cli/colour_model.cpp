// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/colour_model.h"

#include <onnx/onnx_pb.h>

#include <initializer_list>
#include <string_view>
#include <vector>

namespace overfeat::test {
namespace {

constexpr int kWindow = 8;
constexpr int kStride = 4;
constexpr float kCertainty = 8;  // the logit of a class whose channel is at its brightest

class Writer {
public:
    explicit Writer(int window = kWindow) {
        model_.set_ir_version(7);
        model_.add_opset_import()->set_version(13);
        auto* input = model_.mutable_graph()->add_input();
        input->set_name("image");
        auto* type = input->mutable_type()->mutable_tensor_type();
        type->set_elem_type(onnx::TensorProto::FLOAT);
        type->mutable_shape()->add_dim()->set_dim_param("n");
        for (const int extent : {3, window, window}) {
            type->mutable_shape()->add_dim()->set_dim_value(extent);
        }
    }

    void tensor(const std::string& name, std::initializer_list<int> shape,
                const std::vector<float>& values) {
        auto* tensor = model_.mutable_graph()->add_initializer();
        tensor->set_name(name);
        tensor->set_data_type(onnx::TensorProto::FLOAT);
        for (const int extent : shape)
            tensor->add_dims(extent);
        for (const float value : values)
            tensor->add_float_data(value);
    }
    onnx::NodeProto* node(const std::string& op, std::initializer_list<const char*> inputs,
                          const std::string& output) {
        auto* node = model_.mutable_graph()->add_node();
        node->set_op_type(op);
        node->set_name(output);
        for (const char* input : inputs)
            node->add_input(input);
        node->add_output(output);
        return node;
    }
    void output(const std::string& name) { model_.mutable_graph()->add_output()->set_name(name); }
    void metadata(const std::string& key, const std::string& value) {
        auto* entry = model_.add_metadata_props();
        entry->set_key(key);
        entry->set_value(value);
    }
    std::string bytes() const { return model_.SerializeAsString(); }

private:
    onnx::ModelProto model_;
};

void setInts(onnx::NodeProto* node, const std::string& name, std::initializer_list<int> values) {
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INTS);
    for (const int value : values)
        attribute->add_ints(value);
}

void setInt(onnx::NodeProto* node, const std::string& name, int value) {
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INT);
    attribute->set_i(value);
}

}  // namespace

std::string colourModel(const ColourModelOptions& options) {
    Writer writer;
    // A convolution that averages squares of each channel.
    const auto average = [&](const char* input, const std::string& output, int side) {
        const auto taps = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
        std::vector<float> weights(3 * 3 * taps);
        for (std::size_t channel = 0; channel < 3; ++channel) {
            for (std::size_t tap = 0; tap < taps; ++tap)
                weights[(channel * 3 + channel) * taps + tap] = 1.0F / static_cast<float>(taps);
        }
        const std::string name = output + "_weights";
        writer.tensor(name, {3, 3, side, side}, weights);
        auto* conv = writer.node("Conv", {input, name.c_str()}, output);
        setInts(conv, "kernel_shape", {side, side});
        setInts(conv, "strides", {side, side});
    };
    if (!options.slides) {
        writer.tensor("per_pixel", {1, 3, kWindow, kWindow},
                      std::vector<float>(static_cast<std::size_t>(3) * kWindow * kWindow));
        writer.node("Add", {"image", "per_pixel"}, "added");
    }
    const char* const pixels = options.slides ? "image" : "added";
    if (options.teachable) {
        average(pixels, "halves", kStride / 2);
        average("halves", "blocks", 2);
    } else {
        average(pixels, "blocks", kStride);
    }
    writer.node("GlobalAveragePool", {"blocks"}, "pooled");
    writer.node("Flatten", {"pooled"}, "means");

    const int classes = options.background ? 4 : 3;
    std::vector<float> weights(static_cast<std::size_t>(classes) * 3);
    std::vector<float> bias(static_cast<std::size_t>(classes));
    for (std::size_t i = 0; i < 3; ++i)
        weights[i * 3 + i] = kCertainty;
    if (options.background) {
        for (std::size_t i = 9; i < 12; ++i)
            weights[i] = -kCertainty;
        bias[3] = kCertainty / 2;
    }
    writer.tensor("weights", {classes, 3}, weights);
    writer.tensor("bias", {classes}, bias);
    setInt(writer.node("Gemm", {"means", "weights", "bias"}, "logits"), "transB", 1);
    writer.output("logits");
    if (options.boxes) {
        writer.tensor("no_weights", {4, 3}, std::vector<float>(12));
        writer.tensor("middle", {4}, {0.25F, 0.25F, 0.75F, 0.75F});
        setInt(writer.node("Gemm", {"means", "no_weights", "middle"}, "boxes"), "transB", 1);
        writer.output("boxes");
        writer.metadata("overfeat.boxes", "boxes");
    }
    writer.output("means");
    writer.metadata("overfeat.window", std::to_string(kWindow));
    writer.metadata("overfeat.mean", "0,0,0");
    writer.metadata("overfeat.std", "255,255,255");
    writer.metadata("overfeat.classes", std::string("c0\tred\nc1\tgreen\nc2\tblue") +
                                            (options.background ? "\nc3\tnothing" : ""));
    if (options.background) writer.metadata("overfeat.background", "3");
    writer.metadata("overfeat.scores", "logits");
    writer.metadata("overfeat.features", "means");
    writer.metadata("overfeat.card", "Made by a test.\nKnows three colours.");
    return writer.bytes();
}

std::string hungryModel() {
    // 3 x 64 x 64 inputs, padded by 80,000 on every side: 160,064^2 x 1 x 4 bytes.
    constexpr int kPadding = 80'000;
    Writer writer(64);
    writer.tensor("weights", {1, 3, 1, 1}, {1, 1, 1});
    setInts(writer.node("Conv", {"image", "weights"}, "huge"), "pads",
            {kPadding, kPadding, kPadding, kPadding});
    writer.node("GlobalAveragePool", {"huge"}, "pooled");
    writer.node("Flatten", {"pooled"}, "logits");
    writer.output("logits");
    writer.metadata("overfeat.window", "64");
    return writer.bytes();
}

}  // namespace overfeat::test
