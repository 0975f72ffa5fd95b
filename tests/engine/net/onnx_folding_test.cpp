// SPDX-License-Identifier: Apache-2.0
// Constants that are made of constants while a file is read: what exporters compute sizes with, and
// what a file can ask for that no exporter writes.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/net/onnx_reader.h"
#include "tests/engine/net/onnx_maker.h"

namespace overfeat {
namespace {

using net::Graph;
using test::OnnxMaker;

constexpr std::int64_t kHuge = std::int64_t{1} << 40;

void whole(OnnxMaker& maker, const std::string& name, const std::vector<std::int64_t>& dims,
           const std::vector<std::int64_t>& values) {
    auto& tensor = maker.weights(name, dims, std::vector<float>{});
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.mutable_int64_data()->Add(values.begin(), values.end());
}

// Of a network that works, whatever else is in the file.
Graph parsed(OnnxMaker maker) {
    maker.node("Relu", {"x"}, "the output");
    maker.output("the output");
    return net::parseGraph(test::asBytes(maker.bytes()));
}

std::string refusal(const OnnxMaker& maker) {
    try {
        parsed(maker);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kModel);
        return error.what();
    }
    return "was read";
}

const Tensor& constant(const Graph& graph, const std::string& name) {
    const auto id = graph.findValue(name);
    EXPECT_TRUE(id && graph.constant(*id) != nullptr) << name;
    static const Tensor kNone;
    return id && graph.constant(*id) != nullptr ? *graph.constant(*id) : kNone;
}

std::vector<float> numbers(const Graph& graph, const std::string& name) {
    const auto values = constant(graph, name).values();
    return {values.begin(), values.end()};
}

// Nobody reads the product, so nothing but the reader itself looks at it.
TEST(OnnxFolding, ANodeThatReadsAConstantWithoutNumbersIsRefused) {
    OnnxMaker product;
    product.weights("a", {2, 0});
    product.weights("b", {0, 3});
    product.node("MatMul", {"a", "b"}, "p", "the product");
    EXPECT_NE(refusal(product).find("'the product' (MatMul) reads a constant without any numbers"),
              std::string::npos)
        << refusal(product);
    OnnxMaker pooled;
    pooled.weights("a", {1, 1, 0, 4});
    auto& pool = pooled.node("MaxPool", {"a"}, "p", "the pooling");
    test::setInts(pool, "kernel_shape", {2, 2});
    test::setInts(pool, "pads", {1, 1, 1, 1});
    EXPECT_NE(refusal(pooled).find("without any numbers"), std::string::npos) << refusal(pooled);
}

// 2^60 rows of nothing.
TEST(OnnxFolding, WhatHasNoNumbersIsNotCountedRowByRow) {
    OnnxMaker maker;
    whole(maker, "shape", {3}, {kHuge, kHuge >> 20, 0});
    maker.node("ConstantOfShape", {"shape"}, "none");
    test::setInt(maker.node("Concat", {"none", "none"}, "joined"), "axis", 2);
    whole(maker, "first", {1}, {0});
    whole(maker, "last", {1}, {1});
    whole(maker, "axis", {1}, {1});
    maker.node("Slice", {"none", "first", "first", "axis"}, "sliced");
    test::setInt(maker.node("Gather", {"none", "first"}, "gathered"), "axis", 1);
    whole(maker, "columns", {2}, {kHuge, 5});
    maker.node("ConstantOfShape", {"shape"}, "again", "again");
    whole(maker, "nothing", {0}, {});
    test::setInt(maker.node("Gather", {"again", "nothing"}, "picked", "picked"), "axis", 1);
    // The axis that is cut may be no longer than 1048576.
    const Graph graph = parsed(maker);
    EXPECT_EQ(constant(graph, "joined").shape(), (Shape{kHuge, kHuge >> 20, 0}));
    EXPECT_EQ(constant(graph, "sliced").shape(), (Shape{kHuge, 0, 0}));
    EXPECT_EQ(constant(graph, "gathered").shape(), (Shape{kHuge, 1, 0}));
    EXPECT_EQ(constant(graph, "picked").shape(), (Shape{kHuge, 0, 0}));
}

TEST(OnnxFolding, AnAxisThatCannotBeCountedIsRefused) {
    OnnxMaker maker;
    const std::int64_t half = std::int64_t{1} << 62;
    maker.weights("a", {0, half}, std::vector<float>{});
    maker.weights("b", {0, half}, std::vector<float>{});
    test::setInt(maker.node("Concat", {"a", "b"}, "c", "the joint"), "axis", 1);
    EXPECT_NE(refusal(maker).find("'the joint' (Concat)"), std::string::npos) << refusal(maker);
    EXPECT_NE(refusal(maker).find("too long"), std::string::npos) << refusal(maker);
}

TEST(OnnxFolding, SqueezeWithoutAxesLeavesOutEveryOneOfAConstant) {
    OnnxMaker maker;
    whole(maker, "a", {1}, {7});
    maker.node("Squeeze", {"a"}, "scalar");
    maker.weights("m", {1, 2, 1}, {3, 4});
    maker.node("Squeeze", {"m"}, "list", "list");
    // Of a picture the first axis is the batch, which is one only in the file.
    maker.node("GlobalAveragePool", {"x"}, "mean");
    maker.node("Squeeze", {"mean"}, "vector", "vector");
    maker.output("vector");
    const Graph graph = parsed(maker);
    EXPECT_EQ(constant(graph, "scalar").shape(), Shape{});
    EXPECT_EQ(constant(graph, "list").shape(), Shape{2});
    const auto shapes = net::inferShapes(graph, Shape{1, 3, 8, 8});
    EXPECT_EQ(shapes[static_cast<std::size_t>(*graph.findValue("vector"))], (Shape{1, 3}));
}

// 4099 * 4099 is odd and larger than 2^24, so no float holds it.
TEST(OnnxFolding, SizesThatCannotBeHeldAreRefusedAndNotRounded) {
    OnnxMaker maker;
    whole(maker, "a", {1}, {4099});
    maker.node("Mul", {"a", "a"}, "square", "the square");
    EXPECT_NE(refusal(maker).find("'the square' (Mul)"), std::string::npos) << refusal(maker);
    EXPECT_NE(refusal(maker).find("16801801"), std::string::npos) << refusal(maker);

    OnnxMaker divided;
    whole(divided, "a", {2}, {7, -7});
    whole(divided, "b", {1}, {2});
    divided.node("Div", {"a", "b"}, "q");
    whole(divided, "c", {1}, {4096});
    divided.node("Mul", {"c", "c"}, "p");
    EXPECT_EQ(numbers(parsed(divided), "q"), (std::vector<float>{3, -3}));
    EXPECT_EQ(numbers(parsed(divided), "p"), std::vector<float>{16'777'216});
    whole(divided, "none", {1}, {0});
    divided.node("Div", {"a", "none"}, "r", "the ratio");
    EXPECT_NE(refusal(divided).find("'the ratio' (Div)"), std::string::npos) << refusal(divided);

    OnnxMaker wide({1, 1, 1, (1 << 24) + 1});
    wide.node("Shape", {"x"}, "size", "the size");
    EXPECT_NE(refusal(wide).find("16777217"), std::string::npos) << refusal(wide);
}

TEST(OnnxFolding, ASliceThatGoesBackBeginsInTheList) {
    OnnxMaker maker;
    maker.weights("a", {4}, {10, 11, 12, 13});
    whole(maker, "axis", {1}, {0});
    whole(maker, "back", {1}, {-1});
    const auto sliced = [&](std::int64_t begin, std::int64_t end) {
        OnnxMaker one = maker;
        whole(one, "begin", {1}, {begin});
        whole(one, "end", {1}, {end});
        one.node("Slice", {"a", "begin", "end", "axis", "back"}, "s");
        return numbers(parsed(one), "s");
    };
    EXPECT_EQ(sliced(-10, -20), (std::vector<float>{10})) << "it is the first place";
    EXPECT_EQ(sliced(9, -9), (std::vector<float>{13, 12, 11, 10}));
    EXPECT_EQ(sliced(-1, 1), (std::vector<float>{13, 12}));
    EXPECT_EQ(sliced(2, 2), (std::vector<float>{}));
}

// A node that is several here needs names between them, and any name may be the file's.
TEST(OnnxFolding, NamesThatAreMadeUpAreNotTheFiles) {
    OnnxMaker maker;
    whole(maker, "first", {}, {0});
    test::setInt(maker.node("Gather", {"x", "first"}, "y"), "axis", 1);
    maker.weights("y:1", {1}, {5});
    maker.node("Add", {"y", "y:1"}, "z");
    maker.node("Relu", {"z"}, "y:2", "late");
    maker.output("y:2");
    const Graph graph = parsed(maker);
    EXPECT_EQ(numbers(graph, "y:1"), std::vector<float>{5});
    const auto shapes = net::inferShapes(graph, Shape{1, 3, 8, 8});
    EXPECT_EQ(shapes[static_cast<std::size_t>(graph.outputs[0])], (Shape{1, 8, 8}));
    // One that is only made later in the file is taken, too.
    OnnxMaker later;
    whole(later, "first", {}, {0});
    test::setInt(later.node("Gather", {"x", "first"}, "y"), "axis", 1);
    later.node("Relu", {"y"}, "y:1", "late");
    later.output("y:1");
    EXPECT_EQ(refusal(later), "was read");
}

}  // namespace
}  // namespace overfeat
