// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/net/onnx_operators.h"
#include "tests/engine/net/onnx_maker.h"

namespace overfeat {
namespace {

using net::Graph;
using net::parseGraph;
using test::asBytes;
using test::classifier;
using test::OnnxMaker;
using test::setFloat;
using test::setInt;
using test::setInts;
using test::setText;

template <class Op>
const Op& opAt(const Graph& graph, std::size_t index) {
    return std::get<Op>(graph.nodes.at(index).op);
}

Graph parsed(const OnnxMaker& maker) {
    return parseGraph(asBytes(maker.bytes()));
}

TEST(OnnxReader, ReadsAClassifier) {
    const Graph graph = parsed(classifier(2, 8).metadata("a", "b"));
    ASSERT_EQ(graph.nodes.size(), 5U);
    EXPECT_EQ(graph.input_shape, (Shape{-1, 3, 8, 8}));
    EXPECT_EQ(graph.valueName(graph.input), "x");
    EXPECT_EQ(graph.valueName(graph.outputs.front()), "scores");
    EXPECT_EQ(graph.nodes[0].name, "conv1");
    EXPECT_EQ(opAt<net::Conv>(graph, 0).window.kernel, (net::Extent2{3, 3}));
    EXPECT_EQ(opAt<net::Activate>(graph, 1).activation, net::Activation::relu());
    const auto shapes = net::inferShapes(graph, Shape{1, 3, 8, 8});
    EXPECT_EQ(shapes[static_cast<std::size_t>(graph.outputs.front())], (Shape{1, 2}));
}

TEST(OnnxReader, KeepsMetadata) {
    const std::string file = classifier().metadata("overfeat.window", "8").bytes();
    EXPECT_EQ(net::readOnnx(asBytes(file)).metadata.at("overfeat.window"), "8");
}

TEST(OnnxReader, WhatIsSaidTwiceTheSameIsSaidOnce) {
    OnnxMaker maker = classifier(2, 8).metadata("a", "b").metadata("a", "b");
    for (const char* domain : {"", "ai.onnx"}) {
        auto* again = maker.proto.add_opset_import();
        again->set_domain(domain);
        again->set_version(13);
    }
    const auto read = net::readOnnx(asBytes(maker.bytes()));
    EXPECT_EQ(read.graph.nodes.size(), 5U);
    EXPECT_EQ(read.metadata.at("a"), "b");
}

TEST(OnnxReader, ReadsAsymmetricPaddingStridesDilationsAndGroups) {
    OnnxMaker maker({1, 4, 16, 16});
    maker.weights("w", {4, 2, 3, 2});
    auto& node = maker.node("Conv", {"x", "w"}, "y");
    setInts(node, "pads", {1, 2, 3, 4});
    setInts(node, "strides", {2, 1});
    setInts(node, "dilations", {1, 3});
    setInt(node, "group", 2);
    maker.output("y");
    const auto conv = opAt<net::Conv>(parsed(maker), 0);
    EXPECT_EQ(conv.window.padding, (net::Padding2{.top = 1, .left = 2, .bottom = 3, .right = 4}));
    EXPECT_EQ(conv.window.stride, (net::Extent2{2, 1}));
    EXPECT_EQ(conv.window.dilation, (net::Extent2{1, 3}));
    EXPECT_EQ(conv.groups, 2);
}

// PyTorch's exporter writes it where two layers share their parameters.
TEST(OnnxReader, TheIdentityOfAConstantIsThatConstant) {
    OnnxMaker maker({1, 3, 8, 8});
    maker.weights("w", {3, 3, 3, 3});
    maker.node("Identity", {"w"}, "again");
    maker.node("Dropout", {"again"}, "and again");
    maker.node("Conv", {"x", "w"}, "first", "first");
    maker.node("Conv", {"first", "and again"}, "y", "second");
    maker.output("y");
    const Graph graph = parsed(maker);
    ASSERT_EQ(graph.nodes.size(), 2U);
    EXPECT_EQ(graph.constant(graph.nodes[1].inputs[1]), graph.constant(graph.nodes[0].inputs[1]));
}

TEST(OnnxReader, TheIdentityOfIntegersStaysIntegers) {
    OnnxMaker maker({1, 3});
    auto& integers = *maker.graph().add_initializer();
    integers.set_name("i");
    integers.set_data_type(onnx::TensorProto::INT64);
    integers.add_dims(3);
    for (const int value : {1, 2, 3})
        integers.add_int64_data(value);
    maker.node("Identity", {"i"}, "same");
    maker.node("Add", {"x", "same"}, "y");
    maker.output("y");
    EXPECT_THROW(parsed(maker), Error);
}

net::Padding2 autoPadded(const std::string& mode, std::vector<std::int64_t> input,
                         std::int64_t kernel, std::int64_t stride) {
    OnnxMaker maker(std::move(input));
    auto& node = maker.node("AveragePool", {"x"}, "y");
    setInts(node, "kernel_shape", {kernel, kernel});
    setInts(node, "strides", {stride, stride});
    setText(node, "auto_pad", mode);
    maker.output("y");
    return opAt<net::AveragePool>(parsed(maker), 0).window.padding;
}

TEST(OnnxReader, ResolvesAutomaticPadding) {
    // 8 -> 4 outputs with stride 2 and kernel 3 needs one extra pixel.
    EXPECT_EQ(autoPadded("SAME_UPPER", {1, 3, 8, 8}, 3, 2), (net::Padding2{0, 0, 1, 1}));
    EXPECT_EQ(autoPadded("SAME_LOWER", {1, 3, 8, 8}, 3, 2), (net::Padding2{1, 1, 0, 0}));
    EXPECT_EQ(autoPadded("SAME_UPPER", {1, 3, 7, 8}, 3, 2), (net::Padding2{1, 0, 1, 1}));
    EXPECT_EQ(autoPadded("VALID", {1, 3, 8, 8}, 3, 2), net::Padding2{});
    // With stride 1 it does not depend on the size, which the file may leave open.
    EXPECT_EQ(autoPadded("SAME_UPPER", {1, 3, -1, -1}, 4, 1), (net::Padding2{1, 1, 2, 2}));
}

TEST(OnnxReader, TheCallerCanSayHowLargeAnOpenInputIs) {
    OnnxMaker maker({-1, 3, -1, -1});
    auto& node = maker.node("MaxPool", {"x"}, "y");
    setInts(node, "kernel_shape", {3, 3});
    setInts(node, "strides", {2, 2});
    setText(node, "auto_pad", "SAME_UPPER");
    maker.output("y");
    net::OnnxOptions options;
    options.assumed_side_px = 8;
    const Graph graph = net::readOnnx(asBytes(maker.bytes()), options).graph;
    EXPECT_EQ(opAt<net::MaxPool>(graph, 0).window.padding, (net::Padding2{0, 0, 1, 1}));
}

net::Activation clipped(int opset, const std::vector<std::string>& inputs) {
    OnnxMaker maker({1, 3, 4, 4}, opset);
    maker.weights("low", {}, {-1.5F});
    maker.weights("high", {1}, {6});
    auto& node = maker.node("Clip", inputs, "y");
    if (opset < 11) {
        setFloat(node, "min", 0);
        setFloat(node, "max", std::numeric_limits<float>::max());
    }
    maker.output("y");
    return opAt<net::Activate>(parsed(maker), 0).activation;
}

TEST(OnnxReader, ClipTakesItsBoundsFromAttributesOrInputs) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    EXPECT_EQ(clipped(10, {"x"}), (net::Activation{.low = 0, .high = kInfinity}));
    EXPECT_EQ(clipped(11, {"x", "low", "high"}), (net::Activation{.low = -1.5F, .high = 6}));
    EXPECT_EQ(clipped(18, {"x", "", "high"}), (net::Activation{.low = -kInfinity, .high = 6}));
    EXPECT_EQ(clipped(13, {"x", "low"}), (net::Activation{.low = -1.5F, .high = kInfinity}));
}

TEST(OnnxReader, SoftmaxChangedItsMeaningInOpset13) {
    for (const int opset : {12, 13}) {
        OnnxMaker maker({2, 3, 4, 5}, opset);
        maker.node("Softmax", {"x"}, "y");
        maker.output("y");
        const auto softmax = opAt<net::Softmax>(parsed(maker), 0);
        EXPECT_EQ(softmax.axis, opset == 12 ? 1 : -1);
        EXPECT_EQ(softmax.flattens_from_axis, opset == 12);
    }
}

TEST(OnnxReader, GemmMayLackItsAddendSinceOpset11) {
    for (const int opset : {10, 11}) {
        OnnxMaker maker({1, 4}, opset);
        maker.weights("w", {4, 2});
        maker.node("Gemm", {"x", "w"}, "y");
        maker.output("y");
        if (opset == 10) {
            EXPECT_THROW(parsed(maker), Error);
        } else {
            EXPECT_EQ(parsed(maker).nodes[0].inputs[2], net::kNoValue);
        }
    }
}

TEST(OnnxReader, ConstantsBecomeValuesAndDropoutDoesNothing) {
    OnnxMaker maker({1, 3, 4, 4});
    auto* value = maker.node("Constant", {}, "c").add_attribute();
    value->set_name("value_float");
    value->set_type(onnx::AttributeProto::FLOAT);
    value->set_f(2.5F);
    maker.node("Add", {"x", "c"}, "sum");
    maker.node("Dropout", {"sum"}, "y");
    maker.output("y");
    const Graph graph = parsed(maker);
    ASSERT_EQ(graph.nodes.size(), 2U);
    EXPECT_FLOAT_EQ(graph.constant(graph.nodes[0].inputs[1])->values()[0], 2.5F);
    EXPECT_TRUE(std::holds_alternative<net::Identity>(graph.nodes[1].op));
}

TEST(OnnxReader, HalfPrecisionWeightsBecomeFloats) {
    OnnxMaker maker({1, 4, 1, 1});
    auto& raw = maker.weights("raw", {4, 1, 1}, {});
    raw.set_data_type(onnx::TensorProto::FLOAT16);
    raw.set_raw_data(std::string("\x00\x3c\x00\xc0\xff\x7b\x01\x00", 8));  // 1, -2, 65504, 2^-24
    auto& typed = maker.weights("typed", {1}, {});
    typed.set_data_type(onnx::TensorProto::FLOAT16);
    typed.add_int32_data(0x3555);  // nearest to 1/3
    maker.node("Add", {"x", "raw"}, "a");
    maker.node("Add", {"a", "typed"}, "y");
    maker.output("y");
    const Graph graph = parsed(maker);
    const auto values = graph.constant(graph.nodes[0].inputs[1])->values();
    EXPECT_EQ(std::vector<float>(values.begin(), values.end()),
              (std::vector<float>{1, -2, 65504, std::ldexp(1.0F, -24)}));
    EXPECT_NEAR(graph.constant(graph.nodes[1].inputs[1])->values()[0], 1.0 / 3, 1e-4);
}

TEST(OnnxReader, RawAndTypedWeightsAreTheSame) {
    const float numbers[] = {1.5F, -2.25F};
    OnnxMaker maker({1, 2, 1, 1});
    maker.weights("typed", {2, 1, 1}, {numbers[0], numbers[1]});
    maker.weights("raw", {2, 1, 1}, {})
        .set_raw_data(std::string(reinterpret_cast<const char*>(numbers), sizeof(numbers)));
    maker.node("Add", {"x", "typed"}, "a");
    maker.node("Add", {"a", "raw"}, "y");
    maker.output("y");
    const Graph graph = parsed(maker);
    const auto typed = graph.constant(graph.nodes[0].inputs[1])->values();
    const auto raw = graph.constant(graph.nodes[1].inputs[1])->values();
    EXPECT_TRUE(std::ranges::equal(typed, raw));
    EXPECT_FLOAT_EQ(raw[1], -2.25F);
}

TEST(OnnxReader, InputsCanBeBoundToConstants) {
    OnnxMaker maker({1, 3, 8, 8});
    maker.addInput("w", {4, 3, 3, 3});
    maker.node("Conv", {"x", "w"}, "y");
    maker.output("y");
    const std::string file = maker.bytes();
    EXPECT_THROW(parseGraph(asBytes(file)), Error);
    const Graph graph = parseGraph(asBytes(file), {{"w", Tensor(Shape{4, 3, 3, 3})}});
    EXPECT_EQ(graph.valueName(graph.input), "x");
    EXPECT_NE(graph.constant(graph.nodes[0].inputs[1]), nullptr);
    try {
        parseGraph(asBytes(file), {{"w", Tensor(Shape{4, 3, 3, 3})}, {"v", Tensor(Shape{1})}});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage);
        EXPECT_NE(std::string(error.what()).find("'v'"), std::string::npos);
    }
}

TEST(OnnxReader, OldFilesListWeightsAmongTheInputs) {
    OnnxMaker maker = classifier();
    maker.addInput("w", {4, 3, 3, 3});
    EXPECT_EQ(parsed(maker).valueName(parsed(maker).input), "x");
}

TEST(OnnxReader, NodesWithoutNamesGetSome) {
    OnnxMaker maker = classifier();
    for (auto& node : *maker.graph().mutable_node())
        node.clear_name();
    EXPECT_EQ(parsed(maker).nodes[1].name, "Relu_1");
}

// They are shown in lists of layers, terminals and sentences; values keep the names by which they
// are asked for.
TEST(OnnxReader, NamesOfNodesAreCleanedAndThoseOfValuesKept) {
    OnnxMaker maker = classifier();
    auto& node = *maker.graph().mutable_node(1);
    ASSERT_EQ(node.op_type(), "Relu");
    node.set_name("re\x1b[31m\nlu\xE2\x80\xAE\xFF");
    const std::string odd = "odd\n\xFF";
    const std::string before = node.output(0);
    node.set_output(0, odd);
    for (auto& other : *maker.graph().mutable_node()) {
        for (auto& input : *other.mutable_input()) {
            if (input == before) input = odd;
        }
    }
    const net::Graph graph = parsed(maker);
    EXPECT_EQ(graph.nodes[1].name, "re[31mlu?");
    ASSERT_TRUE(graph.findValue(odd));
    EXPECT_EQ(*graph.findValue(odd), graph.nodes[1].output);
}

TEST(OnnxOperators, RowsAreSortedAndDoNotOverlap) {
    const auto rows = net::onnxOperators();
    for (std::size_t i = 1; i < rows.size(); ++i) {
        EXPECT_LE(rows[i - 1].name, rows[i].name);
        if (rows[i - 1].name == rows[i].name) {
            EXPECT_EQ(rows[i - 1].last_opset + 1, rows[i].first_opset) << rows[i].name;
        }
    }
    for (const auto& row : rows) {
        EXPECT_EQ(net::findOnnxOperator(row.name, net::kNewestOpset) != nullptr, true) << row.name;
        // From the first opset that can be read on, or from that which brought the operator.
        static const std::map<std::string_view, int> kLater{
            {"ConstantOfShape", 9},     {"Erf", 9},  {"Expand", 8}, {"Gelu", 20}, {"HardSwish", 14},
            {"LayerNormalization", 17}, {"Where", 9}};
        const auto later = kLater.find(row.name);
        const int first = later == kLater.end() ? 7 : later->second;
        EXPECT_NE(net::findOnnxOperator(row.name, first), nullptr) << row.name;
    }
    EXPECT_EQ(net::findOnnxOperator("Conv", 23), nullptr);
}

}  // namespace
}  // namespace overfeat
