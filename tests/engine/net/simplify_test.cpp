// SPDX-License-Identifier: Apache-2.0
// Networks as exporters write them: what is spelled out in small steps is the one operator it
// means, and computes the same.
#include "engine/net/simplify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/net/model.h"
#include "engine/net/onnx_reader.h"
#include "engine/net/passes.h"
#include "tests/engine/net/onnx_maker.h"
#include "tests/engine/net/run_graph.h"

namespace overfeat {
namespace {

using net::Graph;
using net::ValueId;
using test::OnnxMaker;

std::vector<std::string> opsOf(const Graph& graph) {
    std::vector<std::string> names;
    for (const net::Node& node : graph.nodes)
        names.emplace_back(net::opName(node.op));
    return names;
}

Tensor noise(const Shape& shape) {
    Tensor picture(shape);
    std::uint32_t state = 7;
    for (float& value : picture.values()) {
        state = state * 1664525U + 1013904223U;
        value = static_cast<float>(state >> 8) / 4194304.0F - 2.0F;
    }
    return picture;
}

Shape ones(Shape shape) {
    for (int axis = 0; axis < shape.rank(); ++axis)
        shape[axis] = std::max<std::int64_t>(shape[axis], 1);
    return shape;
}

void expectClose(const Tensor& a, const Tensor& b) {
    ASSERT_EQ(a.shape(), b.shape());
    for (std::size_t i = 0; i < a.values().size(); ++i)
        ASSERT_NEAR(a.values()[i], b.values()[i], 1e-5 * (1 + std::abs(b.values()[i]))) << i;
}

// The network of `maker`, rewritten; checked to compute what it did before.
Graph simplified(const OnnxMaker& maker) {
    const std::string bytes = maker.bytes();
    const Graph graph = net::parseGraph(test::asBytes(bytes));
    const Shape input = ones(graph.input_shape);
    Graph result = net::simplified(graph, input, {});
    const Tensor picture = noise(input);
    Tensor turned = picture;
    if (!(result.input_shape == graph.input_shape)) {  // channels last
        turned = Tensor(Shape{input[0], input[3], input[1], input[2]});
        for (std::int64_t i = 0; i < input.elementCount(); ++i) {
            const std::int64_t c = i % input[3];
            const std::int64_t cell = i / input[3];
            turned.values()[static_cast<std::size_t>(c * input[1] * input[2] + cell)] =
                picture.values()[static_cast<std::size_t>(i)];
        }
    }
    expectClose(test::run(result, turned).front(), test::run(graph, picture).front());
    // Fusing must not change it either.
    expectClose(test::run(net::fuse(result), turned).front(), test::run(graph, picture).front());
    return result;
}

OnnxMaker number(OnnxMaker maker, const std::string& name, float value) {
    maker.weights(name, {}, {value});
    return maker;
}

TEST(Simplify, AProductWithItsSigmoidIsSwish) {
    OnnxMaker maker;
    maker.node("Sigmoid", {"x"}, "s");
    maker.node("Mul", {"x", "s"}, "y");
    maker.output("y");
    const Graph graph = simplified(maker);
    ASSERT_EQ(opsOf(graph), (std::vector<std::string>{"Activate"}));
    EXPECT_EQ(std::get<net::Activate>(graph.nodes[0].op).activation.curve, net::Curve::kSwish);
}

TEST(Simplify, AProductWithAnotherSigmoidIsNot) {
    OnnxMaker maker;
    maker.node("Relu", {"x"}, "r");
    maker.node("Sigmoid", {"r"}, "s");
    maker.node("Mul", {"x", "s"}, "y");
    maker.output("y");
    EXPECT_EQ(opsOf(simplified(maker)), (std::vector<std::string>{"Activate", "Activate", "Mul"}));
}

TEST(Simplify, HardSwishInAllItsSpellings) {
    for (const std::string spelling : {"gate", "divided gate", "divided product"}) {
        SCOPED_TRACE(spelling);
        OnnxMaker maker =
            number(number(number(number(OnnxMaker(), "3", 3), "6", 6), "0", 0), "sixth", 1.0F / 6);
        if (spelling == "gate") {
            auto& node = maker.node("HardSigmoid", {"x"}, "g");
            test::setFloat(node, "alpha", 1.0F / 6);
            maker.node("Mul", {"g", "x"}, "y");
        } else {
            maker.node("Add", {"x", "3"}, "a");
            maker.node("Clip", {"a", "0", "6"}, "c");
            const bool gate = spelling == "divided gate";
            maker.node("Mul", {"c", gate ? "sixth" : "x"}, "m", "m");
            maker.node(gate ? "Mul" : "Div", {"m", gate ? "x" : "6"}, "y", "y");
        }
        maker.output("y");
        const Graph graph = simplified(maker);
        ASSERT_EQ(opsOf(graph), (std::vector<std::string>{"Activate"}));
        EXPECT_EQ(std::get<net::Activate>(graph.nodes[0].op).activation.curve,
                  net::Curve::kHardSwish);
    }
}

TEST(Simplify, GeluInAllItsSpellings) {
    for (const int spelling : {0, 1, 2}) {
        SCOPED_TRACE(spelling);
        OnnxMaker maker =
            number(number(number(OnnxMaker(), "root", std::sqrt(2.0F)), "1", 1), "half", 0.5F);
        maker.node("Div", {"x", "root"}, "d");
        maker.node("Erf", {"d"}, "e");
        maker.node("Add", {"e", "1"}, "a");
        const std::vector<std::vector<std::string>> first{{"x", "a"}, {"x", "half"}, {"a", "half"}};
        const std::vector<std::vector<std::string>> second{{"m", "half"}, {"m", "a"}, {"x", "m"}};
        maker.node("Mul", first[static_cast<std::size_t>(spelling)], "m", "m");
        maker.node("Mul", second[static_cast<std::size_t>(spelling)], "y", "y");
        maker.output("y");
        const Graph graph = simplified(maker);
        ASSERT_EQ(opsOf(graph), (std::vector<std::string>{"Activate"}));
        EXPECT_EQ(std::get<net::Activate>(graph.nodes[0].op).activation.curve, net::Curve::kGelu);
    }
}

TEST(Simplify, NumbersMayBeOfHalfPrecision) {
    OnnxMaker maker = number(number(number(OnnxMaker(), "root", 1.4140625F), "1", 1), "half", 0.5F);
    maker.node("Div", {"x", "root"}, "d");
    maker.node("Erf", {"d"}, "e");
    maker.node("Add", {"e", "1"}, "a");
    maker.node("Mul", {"x", "a"}, "m", "m");
    maker.node("Mul", {"m", "half"}, "y", "y");
    maker.output("y");
    const Graph graph = net::parseGraph(test::asBytes(maker.bytes()));
    EXPECT_EQ(opsOf(net::simplified(graph, graph.input_shape, {})),
              (std::vector<std::string>{"Activate"}));
}

// Layer normalisation of channels as opsets before 17 spell it.
void spellNormalization(OnnxMaker& maker, const std::string& x, int axis, const std::string& scale,
                        const std::string& bias, const std::string& y) {
    test::setInts(maker.node("ReduceMean", {x}, y + ".mean"), "axes", {axis});
    maker.node("Sub", {x, y + ".mean"}, y + ".d");
    maker.weights(y + ".two", {}, {2});
    maker.node("Pow", {y + ".d", y + ".two"}, y + ".square");
    test::setInts(maker.node("ReduceMean", {y + ".square"}, y + ".variance"), "axes", {axis});
    maker.weights(y + ".epsilon", {}, {1e-6F});
    maker.node("Add", {y + ".variance", y + ".epsilon"}, y + ".sum");
    maker.node("Sqrt", {y + ".sum"}, y + ".root");
    maker.node("Div", {y + ".d", y + ".root"}, y + ".z");
    maker.node("Mul", {y + ".z", scale}, y + ".scaled");
    maker.node("Add", {y + ".scaled", bias}, y);
}

TEST(Simplify, NormalisationOverChannelsInEitherOrder) {
    for (const bool last : {false, true}) {
        OnnxMaker maker({1, 4, 5, 6});
        maker.weights("scale",
                      last ? std::vector<std::int64_t>{6} : std::vector<std::int64_t>{4, 1, 1});
        maker.weights("bias",
                      last ? std::vector<std::int64_t>{6} : std::vector<std::int64_t>{4, 1, 1});
        spellNormalization(maker, "x", last ? -1 : 1, "scale", "bias", "y");
        maker.output("y");
        const Graph graph = simplified(maker);
        ASSERT_EQ(opsOf(graph), (std::vector<std::string>{"LayerNormalization"}));
        EXPECT_EQ(std::get<net::LayerNormalization>(graph.nodes[0].op).axis, last ? -1 : -3);
    }
}

// A block of ConvNeXt: channels last between two transpositions, weights as matrices.
TEST(Simplify, ABlockWithTheChannelsLastIsConvolutions) {
    OnnxMaker maker({1, 6, 8, 7});
    maker.weights("deep", {6, 1, 3, 3});
    auto& deep = maker.node("Conv", {"x", "deep"}, "c");
    test::setInt(deep, "group", 6);
    test::setInts(deep, "pads", {1, 1, 1, 1});
    test::setInts(maker.node("Transpose", {"c"}, "t", "t"), "perm", {0, 2, 3, 1});
    maker.weights("scale", {6});
    maker.weights("bias", {6});
    spellNormalization(maker, "t", -1, "scale", "bias", "n");
    maker.weights("up", {6, 9});
    maker.weights("up.bias", {9});
    maker.node("MatMul", {"n", "up"}, "m");
    maker.node("Add", {"up.bias", "m"}, "a", "a");
    maker.node("Relu", {"a"}, "r");
    maker.weights("down", {9, 6});
    maker.node("MatMul", {"r", "down"}, "m2", "m2");
    test::setInts(maker.node("Transpose", {"m2"}, "t2", "t2"), "perm", {0, 3, 1, 2});
    maker.weights("layer.scale", {6, 1, 1});
    maker.node("Mul", {"t2", "layer.scale"}, "s");
    maker.node("Add", {"s", "x"}, "y", "y");
    maker.output("y");
    const Graph graph = net::fuse(simplified(maker));
    // The bias, the layer's scale and the residual have become parts of the convolutions.
    EXPECT_EQ(opsOf(graph),
              (std::vector<std::string>{"Conv", "LayerNormalization", "Conv", "Conv"}));
}

TEST(Simplify, AnInputWithTheChannelsLastIsTurned) {
    OnnxMaker maker({1, 8, 8, 3});
    maker.weights("mean", {3});
    maker.weights("factor", {1, 1, 1, 3});
    maker.node("Sub", {"x", "mean"}, "d");
    maker.node("Div", {"d", "factor"}, "f");
    test::setInts(maker.node("Transpose", {"f"}, "t"), "perm", {0, 3, 1, 2});
    maker.weights("w", {4, 3, 3, 3});
    maker.node("Conv", {"t", "w"}, "c");
    test::setInts(maker.node("Transpose", {"c"}, "t2", "t2"), "perm", {0, 2, 3, 1});
    auto& mean = maker.node("ReduceMean", {"t2"}, "m");
    test::setInts(mean, "axes", {1, 2});
    test::setInt(mean, "keepdims", 0);
    maker.weights("fc", {4, 5});
    maker.node("MatMul", {"m", "fc"}, "p", "p");
    maker.weights("fcb", {5});
    maker.node("Add", {"p", "fcb"}, "y", "y");
    maker.output("y");
    const Graph graph = simplified(maker);
    EXPECT_EQ(graph.input_shape, (Shape{1, 3, 8, 8}));
    EXPECT_EQ(opsOf(graph), (std::vector<std::string>{"Sub", "Div", "Conv", "GlobalAveragePool",
                                                      "Flatten", "Gemm"}));
    const auto model = net::parseModel(test::asBytes(maker.bytes()), "keras");
    EXPECT_EQ(model->window_px, 8);
    EXPECT_EQ(net::makeDense(model->graph, 8).report.fidelity, net::DenseFidelity::kExact);
}

// ShuffleNetV2, with the sizes computed as an exporter with an open batch does.
TEST(Simplify, ShuffledChannelsAndHalvesOfThem) {
    OnnxMaker maker({-1, 3, 8, 8});
    maker.weights("w", {6, 3, 1, 1});
    maker.node("Conv", {"x", "w"}, "c");
    maker.node("Shape", {"c"}, "shape");
    auto& zero = maker.weights("zero", {}, {});
    zero.set_data_type(onnx::TensorProto::INT64);
    zero.add_int64_data(0);
    maker.node("Gather", {"shape", "zero"}, "batch");
    const auto whole = [&](const std::string& name, std::vector<std::int64_t> values) {
        auto& tensor =
            maker.weights(name, {static_cast<std::int64_t>(values.size())}, std::vector<float>{});
        tensor.set_data_type(onnx::TensorProto::INT64);
        tensor.mutable_int64_data()->Add(values.begin(), values.end());
    };
    whole("axis0", {0});
    maker.node("Unsqueeze", {"batch", "axis0"}, "batch1");
    whole("groups", {2, 3, 8, 8});
    whole("together", {-1, 8, 8});
    test::setInt(maker.node("Concat", {"batch1", "groups"}, "split"), "axis", 0);
    test::setInt(maker.node("Concat", {"batch1", "together"}, "joined", "j"), "axis", 0);
    maker.node("Reshape", {"c", "split"}, "r", "r");
    test::setInts(maker.node("Transpose", {"r"}, "t"), "perm", {0, 2, 1, 3, 4});
    maker.node("Reshape", {"t", "joined"}, "s", "s");
    auto& halves = maker.node("Split", {"s"}, "left");
    halves.add_output("right");
    test::setInt(halves, "axis", 1);
    test::setInt(maker.node("Concat", {"right", "left"}, "y", "y"), "axis", 1);
    maker.output("y");
    const Graph graph = simplified(maker);
    EXPECT_EQ(opsOf(graph),
              (std::vector<std::string>{"Conv", "Gather", "Gather", "Gather", "Concat"}));
    EXPECT_EQ(std::get<net::Gather>(graph.nodes[1].op).indices,
              (std::vector<std::int32_t>{0, 3, 1, 4, 2, 5}));
    // The batch that the file leaves open stays open.
    const Tensor two = noise(Shape{2, 3, 8, 8});
    EXPECT_EQ(test::run(graph, two).front().shape(), (Shape{2, 6, 8, 8}));
    EXPECT_EQ(net::makeDense(graph, 8).report.fidelity, net::DenseFidelity::kExact);
}

TEST(Simplify, SeveralReshapesInOneLeaveTheBatchOpen) {
    OnnxMaker maker({-1, 3, 8, 8});
    const auto reshaped = [&](const std::string& from, const std::string& to,
                              const std::vector<std::int64_t>& extents) {
        auto& wanted = maker.weights("shape of " + to, {3}, std::vector<float>{});
        wanted.set_data_type(onnx::TensorProto::INT64);
        wanted.mutable_int64_data()->Add(extents.begin(), extents.end());
        maker.node("Reshape", {from, "shape of " + to}, to, to);
    };
    reshaped("x", "a", {1, 3, 64});
    reshaped("a", "b", {1, 12, 16});
    test::setInts(maker.node("Transpose", {"b"}, "y"), "perm", {0, 2, 1});
    maker.output("y");
    const Graph graph = simplified(maker);
    EXPECT_EQ(opsOf(graph), (std::vector<std::string>{"Reshape", "Transpose"}));
    const Tensor two = noise(Shape{2, 3, 8, 8});
    EXPECT_EQ(test::run(graph, two).front().shape(), (Shape{2, 16, 12}));
}

// One number of four dimensions makes a row of numbers a picture, which no curve does.
TEST(Simplify, ANumberOfManyDimensionsKeepsThem) {
    const std::vector<std::int64_t> four{1, 1, 1, 1};
    OnnxMaker gelu({2, 6});
    gelu.weights("root", four, {std::sqrt(2.0F)});
    gelu.weights("one", {}, {1});
    gelu.weights("half", four, {0.5F});
    gelu.node("Div", {"x", "root"}, "d");
    gelu.node("Erf", {"d"}, "e");
    gelu.node("Add", {"e", "one"}, "a");
    gelu.node("Mul", {"x", "a"}, "m", "m");
    gelu.node("Mul", {"m", "half"}, "y", "y");
    gelu.output("y");
    const Graph curve = simplified(gelu);
    EXPECT_EQ(test::run(curve, noise(Shape{2, 6})).front().shape(), (Shape{1, 1, 2, 6}));

    OnnxMaker norm({2, 6});
    norm.weights("scale", four, {2});
    norm.weights("bias", {6});
    spellNormalization(norm, "x", -1, "scale", "bias", "y");
    norm.output("y");
    EXPECT_EQ(test::run(simplified(norm), noise(Shape{2, 6})).front().shape(), (Shape{1, 1, 2, 6}));
}

// PyTorch's newest exporter writes a view of a mean as places in a list.
TEST(Simplify, AListOfAllPlacesIsTheirMap) {
    OnnxMaker maker({1, 3, 8, 8});
    maker.node("GlobalAveragePool", {"x"}, "mean");
    const auto whole = [&](const std::string& name, const std::vector<std::int64_t>& dims,
                           const std::vector<std::int64_t>& values) {
        auto& tensor = maker.weights(name, dims, std::vector<float>{});
        tensor.set_data_type(onnx::TensorProto::INT64);
        tensor.mutable_int64_data()->Add(values.begin(), values.end());
    };
    whole("flat", {1}, {-1});
    whole("places", {1, 3, 1, 1}, {0, 1, 2});
    maker.node("Reshape", {"mean", "flat"}, "list");
    maker.node("Gather", {"list", "places"}, "map");
    test::setInts(maker.node("Transpose", {"map"}, "y"), "perm", {0, 2, 3, 1});
    maker.output("y");
    EXPECT_EQ(opsOf(simplified(maker)),
              (std::vector<std::string>{"GlobalAveragePool", "Identity", "Transpose"}));
}

TEST(Simplify, WhatIsAddedToAProductIsNotWeighed) {
    OnnxMaker maker({2, 3});
    maker.weights("w", {3, 4});
    auto& gemm = maker.node("Gemm", {"x", "w"}, "p");
    test::setFloat(gemm, "beta", 3);
    maker.weights("b", {4});
    maker.node("Add", {"p", "b"}, "a");
    maker.weights("w2", {4, 2});
    maker.node("MatMul", {"a", "w2"}, "y");
    maker.output("y");
    EXPECT_EQ(opsOf(simplified(maker)), (std::vector<std::string>{"Gemm", "Gemm"}));
}

TEST(Simplify, PaddingIsTheConvolutionsOwn) {
    OnnxMaker maker({1, 3, 8, 8}, 10);
    test::setInts(maker.node("Pad", {"x"}, "p"), "pads", {0, 0, 1, 2, 0, 0, 3, 0});
    maker.weights("w", {4, 3, 3, 3});
    maker.node("Conv", {"p", "w"}, "c");
    test::setInts(maker.node("Pad", {"c"}, "p2", "p2"), "pads", {0, 0, 1, 1, 0, 0, 1, 1});
    auto& pool = maker.node("AveragePool", {"p2"}, "y");
    test::setInts(pool, "kernel_shape", {3, 3});
    maker.output("y");
    const Graph graph = net::fuse(simplified(maker));
    EXPECT_EQ(opsOf(graph), (std::vector<std::string>{"Conv", "AveragePool"}));
    EXPECT_EQ(std::get<net::Conv>(graph.nodes[0].op).window.padding, (net::Padding2{1, 2, 3, 0}));
    EXPECT_TRUE(std::get<net::AveragePool>(graph.nodes[1].op).count_include_padding);
}

// Squeeze-excite with fully connected layers, as MobileNetV3 was first exported.
TEST(Simplify, SqueezeExciteSlidesAsAnAverageAroundEachCell) {
    OnnxMaker maker({1, 3, 12, 12});
    maker.weights("w", {4, 3, 3, 3});
    maker.node("Conv", {"x", "w"}, "c");
    test::setInts(maker.node("ReduceMean", {"c"}, "mean"), "axes", {2, 3});
    auto& axes = *maker.graph().mutable_node(1);
    test::setInt(axes, "keepdims", 0);
    maker.weights("fc", {4, 4}, std::vector<float>(16, 0.05F));
    maker.weights("fcb", {4});
    maker.node("Gemm", {"mean", "fc", "fcb"}, "g");
    maker.node("Sigmoid", {"g"}, "gate");
    auto& shape = maker.weights("shape", {4}, std::vector<float>{});
    shape.set_data_type(onnx::TensorProto::INT64);
    for (const std::int64_t extent : {1, 4, 1, 1})
        shape.add_int64_data(extent);
    maker.node("Reshape", {"gate", "shape"}, "spread");
    maker.node("Mul", {"c", "spread"}, "scaled");
    maker.weights("w2", {5, 4, 10, 10});
    maker.node("Conv", {"scaled", "w2"}, "y", "y");
    maker.output("y");
    const Graph graph = simplified(maker);
    const net::DenseGraph dense = net::makeDense(graph, 12);
    EXPECT_EQ(dense.report.fidelity, net::DenseFidelity::kApproximate);
    ASSERT_EQ(dense.report.reasons.size(), 1U);
    EXPECT_NE(dense.report.reasons[0].find("surroundings of the cell"), std::string::npos);
    // One window: the same as the window network. More: a map.
    const Tensor picture = noise(Shape{1, 3, 12, 12});
    const Tensor scores = test::run(graph, picture).front();
    const auto window = scores.values();
    const Tensor cell = test::run(dense.graph, picture).front();
    ASSERT_EQ(cell.shape(), (Shape{1, 5, 1, 1}));
    for (std::size_t k = 0; k < 5; ++k)
        EXPECT_NEAR(cell.values()[k], window[k], 1e-4 * std::abs(window[k]));
    const Tensor larger = noise(Shape{1, 3, 15, 17});
    EXPECT_EQ(test::run(dense.graph, larger).front().shape(), (Shape{1, 5, 4, 6}));
}

TEST(Simplify, AModelOfKnownOperatorsStaysAsItIs) {
    const OnnxMaker maker = test::classifier();
    const std::string bytes = maker.bytes();
    const Graph graph = net::parseGraph(test::asBytes(bytes));
    EXPECT_EQ(opsOf(simplified(maker)), opsOf(graph));
    EXPECT_EQ(net::fingerprint(simplified(maker)), net::fingerprint(graph));
}

TEST(Simplify, WhatNothingReadsMayBeOfAnyType) {
    OnnxMaker maker = test::classifier();
    maker.weights("unused", {2}).set_data_type(onnx::TensorProto::STRING);
    auto& elsewhere = maker.weights("elsewhere", {2}, std::vector<float>{});
    elsewhere.set_data_location(onnx::TensorProto::EXTERNAL);
    EXPECT_NO_THROW(net::parseGraph(test::asBytes(maker.bytes())));
    maker.weights("w3", {4, 3, 3, 3}).set_data_type(onnx::TensorProto::STRING);
    maker.node("Conv", {"x", "w3"}, "read");
    EXPECT_THROW(net::parseGraph(test::asBytes(maker.bytes())), Error);
}

TEST(Simplify, ConstantsAreMadeOfShapes) {
    OnnxMaker maker({1, 3, 8, 8});
    auto& shape = maker.weights("shape", {3}, std::vector<float>{});
    shape.set_data_type(onnx::TensorProto::INT64);
    for (const std::int64_t extent : {3, 1, 1})
        shape.add_int64_data(extent);
    auto& filled = maker.node("ConstantOfShape", {"shape"}, "twos");
    auto* value = filled.add_attribute();
    value->set_name("value");
    value->set_type(onnx::AttributeProto::TENSOR);
    value->mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
    value->mutable_t()->add_dims(1);
    value->mutable_t()->add_float_data(2);
    maker.node("Add", {"x", "twos"}, "y");
    maker.output("y");
    const Graph graph = simplified(maker);
    EXPECT_EQ(graph.constant(graph.nodes[0].inputs[1])->values()[2], 2);
}

// A class token of a transformer, as long as its batch: sizes that are compared and chosen.
TEST(Simplify, ConstantsAreExpandedToSizesThatAreChosen) {
    OnnxMaker maker({-1, 3, 8, 8});
    const auto whole = [&](const std::string& name, const std::vector<std::int64_t>& values) {
        auto& tensor =
            maker.weights(name, {static_cast<std::int64_t>(values.size())}, std::vector<float>{});
        tensor.set_data_type(onnx::TensorProto::INT64);
        tensor.mutable_int64_data()->Add(values.begin(), values.end());
    };
    maker.weights("token", {1, 3, 1, 1}, {1, 2, 3});
    whole("wanted", {1, -1, 2, 2});
    whole("as it is", {-1});
    whole("ones", {1, 1, 1, 1});
    maker.node("Equal", {"wanted", "as it is"}, "open");
    maker.node("Where", {"open", "ones", "wanted"}, "size");
    maker.node("Expand", {"token", "size"}, "tokens");
    maker.node("Ceil", {"tokens"}, "rounded");
    auto& pool = maker.node("MaxPool", {"x"}, "small");
    test::setInts(pool, "kernel_shape", {7, 7});
    maker.node("Add", {"small", "rounded"}, "y");
    maker.output("y");
    const Graph graph = simplified(maker);
    const Tensor* tokens = graph.constant(graph.nodes.back().inputs[1]);
    ASSERT_NE(tokens, nullptr);
    EXPECT_EQ(tokens->shape(), (Shape{1, 3, 2, 2}));
    EXPECT_EQ(tokens->values()[7], 2);
}

// All of what a file would become is bounded, not only what is in it.
TEST(Simplify, ConstantsThatAFileMakesOfNothingAreCharged) {
    OnnxMaker maker({1, 3, 8, 8});
    auto& shape = maker.weights("shape", {3}, std::vector<float>{});
    shape.set_data_type(onnx::TensorProto::INT64);
    for (const std::int64_t extent : {60'000, 60'000, 100})
        shape.add_int64_data(extent);
    maker.node("ConstantOfShape", {"shape"}, "large");
    maker.node("Add", {"x", "large"}, "y");
    maker.output("y");
    EXPECT_THROW(net::parseGraph(test::asBytes(maker.bytes())), Error);
}

}  // namespace
}  // namespace overfeat
