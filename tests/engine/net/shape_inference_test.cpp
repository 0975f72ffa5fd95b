// SPDX-License-Identifier: Apache-2.0
#include "engine/net/shape_inference.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "tests/engine/backend/graph_maker.h"

namespace overfeat {
namespace {

using net::Graph;
using test::GraphMaker;

// The output of one node for inputs of these shapes.
Shape shapeOf(const net::Op& op, const std::vector<Shape>& inputs) {
    const net::Node node{.name = "the node", .op = op, .inputs = {}, .output = 0};
    std::vector<const Shape*> pointers;
    for (const Shape& input : inputs)
        pointers.push_back(input.rank() == 0 ? nullptr : &input);
    return net::outputShape(node, pointers);
}

const Shape kNone;  // an input that was left out

TEST(Shapes, ConvolutionRoundsDown) {
    const net::Conv conv{.window = {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1, 0, 1}}};
    EXPECT_EQ(shapeOf(conv, {{2, 3, 8, 9}, {5, 3, 3, 3}, kNone}), (Shape{2, 5, 4, 5}));
    const net::Conv dilated{.window = {.kernel = {3, 1}, .dilation = {3, 7}}, .groups = 3};
    EXPECT_EQ(shapeOf(dilated, {{1, 3, 7, 4}, {6, 1, 3, 1}, {6}}), (Shape{1, 6, 1, 4}));
}

TEST(Shapes, ConvolutionChecksItsResidual) {
    const net::Conv conv{.window = {.kernel = {1, 1}}};
    EXPECT_EQ(shapeOf(conv, {{1, 3, 4, 4}, {5, 3, 1, 1}, kNone, {1, 5, 4, 4}}),
              (Shape{1, 5, 4, 4}));
    EXPECT_THROW(shapeOf(conv, {{1, 3, 4, 4}, {5, 3, 1, 1}, kNone, {1, 5, 4, 1}}), Error);
}

TEST(Shapes, PoolingCanRoundUp) {
    net::MaxPool pool{.window = {.kernel = {3, 3}, .stride = {2, 2}}};
    EXPECT_EQ(shapeOf(pool, {{1, 2, 6, 7}}), (Shape{1, 2, 2, 3}));
    pool.ceil_mode = true;
    EXPECT_EQ(shapeOf(pool, {{1, 2, 6, 7}}), (Shape{1, 2, 3, 3}));
    // A last window that would start beyond the input and the padding before it does not count.
    const net::AveragePool sparse{.window = {.kernel = {1, 1}, .stride = {3, 3}},
                                  .ceil_mode = true};
    EXPECT_EQ(shapeOf(sparse, {{1, 2, 5, 4}}), (Shape{1, 2, 2, 2}));
}

TEST(Shapes, OfTheOtherOperators) {
    EXPECT_EQ(shapeOf(net::GlobalAveragePool{}, {{2, 3, 5, 7}}), (Shape{2, 3, 1, 1}));
    EXPECT_EQ(shapeOf(net::Activate{}, {{2, 3}}), (Shape{2, 3}));
    EXPECT_EQ(shapeOf(net::Add{}, {{2, 1, 4, 1}, {3, 1, 5}}), (Shape{2, 3, 4, 5}));
    EXPECT_EQ(shapeOf(net::Concat{.axis = -3}, {{1, 2, 4, 5}, {1, 3, 4, 5}}), (Shape{1, 5, 4, 5}));
    EXPECT_EQ(shapeOf(net::BatchNormalization{}, {{1, 3, 2, 2}, {3}, {3}, {3}, {3}}),
              (Shape{1, 3, 2, 2}));
    EXPECT_EQ(shapeOf(net::Gemm{}, {{2, 3}, {3, 4}, {4}}), (Shape{2, 4}));
    EXPECT_EQ(
        shapeOf(net::Gemm{.transpose_a = true, .transpose_b = true}, {{3, 2}, {4, 3}, {2, 1}}),
        (Shape{2, 4}));
    EXPECT_EQ(shapeOf(net::Flatten{.axis = 2}, {{2, 3, 4, 5}}), (Shape{6, 20}));
    EXPECT_EQ(shapeOf(net::Flatten{.axis = 0}, {{2, 3}}), (Shape{1, 6}));
    EXPECT_EQ(shapeOf(net::Flatten{.axis = -1}, {{2, 3, 4}}), (Shape{6, 4}));
    EXPECT_EQ(shapeOf(net::Softmax{}, {{2, 3}}), (Shape{2, 3}));
}

// Nothing can stop a pooling that has begun, and 400 bytes can ask for one that takes minutes.
TEST(Shapes, PoolingHasALimitOfWorkAndNamesTheNode) {
    const auto refusalOf = [](std::int64_t kernel, std::int64_t side) -> std::string {
        const std::int64_t padding = kernel / 2;
        const net::SlidingWindow window{.kernel = {kernel, kernel},
                                        .padding = {padding, padding, padding, padding}};
        for (const net::Op& pool : {net::Op(net::MaxPool{.window = window}),
                                    net::Op(net::AveragePool{.window = window})}) {
            GraphMaker maker(Shape{1, 3, side, side});
            const net::ValueId x = maker.node(pool, {maker.input()});
            try {
                net::inferShapes(maker.finish({x}), Shape{1, 3, side, side});
            } catch (const Error& error) {
                return error.what();
            }
        }
        return "";
    };
    const std::string sentence = refusalOf(1999, 224);
    EXPECT_NE(sentence.find("'n0' (MaxPool)"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("1999x1999"), std::string::npos) << sentence;
    EXPECT_EQ(refusalOf(13, 2'000), "");
}

TEST(Shapes, RefuseWhatDoesNotFitAndNameTheNode) {
    const std::vector<std::pair<net::Op, std::vector<Shape>>> misfits{
        {net::Conv{.window = {.kernel = {3, 3}}}, {{1, 3, 2, 8}, {4, 3, 3, 3}, kNone}},
        {net::Conv{.window = {.kernel = {3, 3}}}, {{3, 8, 8}, {4, 3, 3, 3}, kNone}},
        {net::Conv{.window = {.kernel = {3, 3}}}, {{1, 3, 8, 8}, {4, 3, 3, 5}, kNone}},
        {net::Conv{.window = {.kernel = {3, 3}}}, {{1, 3, 8, 8}, {4, 3, 3, 3}, {5}}},
        {net::Conv{.window = {.kernel = {1, 1}}, .groups = 2}, {{1, 4, 8, 8}, {3, 2, 1, 1}, kNone}},
        {net::MaxPool{.window = {.kernel = {2, 2}, .padding = {2, 0, 0, 0}}}, {{1, 3, 8, 8}}},
        {net::GlobalAveragePool{}, {{1, 3}}},
        {net::Add{}, {{1, 3, 4}, {1, 2, 4}}},
        {net::Concat{.axis = 1}, {{1, 2, 4, 5}, {1, 3, 4, 6}}},
        {net::Concat{.axis = 4}, {{1, 2, 4, 5}}},
        {net::BatchNormalization{}, {{1, 3, 2, 2}, {3}, {3}, {2}, {3}}},
        {net::Gemm{}, {{2, 3}, {4, 3}, kNone}},
        {net::Gemm{}, {{2, 3}, {3, 4}, {3}}},
        {net::Flatten{.axis = 5}, {{2, 3, 4, 5}}},
        {net::Softmax{.axis = 2}, {{2, 3}}},
    };
    for (const auto& [op, inputs] : misfits) {
        try {
            shapeOf(op, inputs);
            ADD_FAILURE() << net::opName(op) << " accepted " << inputs.front().toString();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kModel);
            EXPECT_EQ(error.where(), "the node");
            EXPECT_NE(std::string(error.what()).find("Node 'the node'"), std::string::npos);
        }
    }
}

TEST(Shapes, DoNotOverflow) {
    constexpr std::int64_t kHuge = std::int64_t{1} << 39;
    EXPECT_THROW(shapeOf(net::Add{}, {{kHuge, 1, 1}, {1, kHuge, kHuge}}), Error);
    EXPECT_THROW(shapeOf(net::Flatten{}, {{1, kHuge, kHuge}}), Error);
    EXPECT_THROW(shapeOf(net::Concat{.axis = 0}, {{kHuge * 2}, {kHuge * 2}}), Error);
}

Graph widening() {
    GraphMaker maker(Shape{-1, 3, -1, -1});
    const auto wide = maker.conv(maker.input(), {.in = 3, .out = 50, .window = {.kernel = {1, 1}}});
    return maker.finish({maker.node(net::GlobalAveragePool{}, {wide})});
}

// The picture's size is the file's claim, and the first node adds to it.
TEST(Shapes, OfAPictureThatNoComputerHolds) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    const net::Pad pad{.padding = {1, 1, 1, 1}};
    const net::MaxPool pool{.window = {.kernel = {3, 3}, .padding = {1, 1, 1, 1}}};
    const net::AveragePool ceiled{.window = {.kernel = {2, 2}, .stride = {2, 2}},
                                  .ceil_mode = true};
    for (const net::Op& op : {net::Op(pad), net::Op(pool), net::Op(ceiled), net::Op(net::Softmax{}),
                              net::Op(net::Flatten{.axis = 1})}) {
        for (const Shape& picture : {Shape{1, 3, kMost, 4}, Shape{1, 3, 4, kMost}}) {
            try {
                shapeOf(op, {picture});
                ADD_FAILURE() << picture.toString() << " was taken";
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), ErrorCode::kModel);
                EXPECT_EQ(error.where(), "the node");
            }
        }
    }
}

TEST(InferShapes, GivesEveryValueItsShape) {
    const Graph graph = widening();
    const auto shapes = net::inferShapes(graph, Shape{2, 3, 4, 6});
    EXPECT_EQ(shapes[static_cast<std::size_t>(graph.input)], (Shape{2, 3, 4, 6}));
    EXPECT_EQ(shapes[static_cast<std::size_t>(graph.nodes[0].inputs[1])], (Shape{50, 3, 1, 1}));
    EXPECT_EQ(shapes[static_cast<std::size_t>(graph.nodes[0].output)], (Shape{2, 50, 4, 6}));
    EXPECT_EQ(shapes[static_cast<std::size_t>(graph.outputs[0])], (Shape{2, 50, 1, 1}));
}

TEST(InferShapes, CountsAllActivationsAgainstTheBudget) {
    const Graph graph = widening();
    const Shape input{1, 3, 10, 10};
    const std::int64_t needed = 300 + 5000 + 50;
    EXPECT_NO_THROW(net::inferShapes(graph, input, needed));
    EXPECT_THROW(net::inferShapes(graph, input, needed - 1), Error);
    EXPECT_THROW(net::inferShapes(graph, input, 299), Error);
    EXPECT_THROW(net::inferShapes(graph, Shape{1, 3, 0, 10}), Error);
    // 200,000 x 200,000 pixels: refused by arithmetic, without asking for the memory.
    EXPECT_THROW(net::inferShapes(graph, Shape{1, 3, 200'000, 200'000}), Error);
}

TEST(Shapes, OfWhatMovesOrCombinesTensors) {
    const Shape map{2, 6, 4, 5};
    EXPECT_EQ(shapeOf(net::Arithmetic{}, {map, {6, 1, 1}}), map);
    EXPECT_EQ(shapeOf(net::Arithmetic{}, {{1, 1, 1, 5}, map}), map);
    EXPECT_THROW(shapeOf(net::Arithmetic{}, {map, {2, 1, 1}}), Error);
    EXPECT_EQ(shapeOf(net::Pad{{1, 2, 3, 4}}, {map}), (Shape{2, 6, 8, 11}));
    EXPECT_EQ(shapeOf(net::Reshape{{0, 2, -1}}, {map}), (Shape{2, 2, 60}));
    EXPECT_THROW(shapeOf(net::Reshape{{0, 7, -1}}, {map}), Error);
    EXPECT_THROW(shapeOf(net::Reshape{{-1, -1}}, {map}), Error);
    EXPECT_EQ(shapeOf(net::Transpose{{0, 2, 3, 1}}, {map}), (Shape{2, 4, 5, 6}));
    EXPECT_THROW(shapeOf(net::Transpose{{0, 2, 3}}, {map}), Error);
    EXPECT_THROW(shapeOf(net::Transpose{{0, 2, 2, 1}}, {map}), Error);
    EXPECT_EQ(shapeOf(net::Gather{1, {5, 0}}, {map}), (Shape{2, 2, 4, 5}));
    EXPECT_THROW(shapeOf(net::Gather{1, {6}}, {map}), Error);
    EXPECT_THROW(shapeOf(net::Gather{1, {}}, {map}), Error);
    EXPECT_EQ(shapeOf(net::ReduceMean{{1, -1}, false}, {map}), (Shape{2, 4}));
    EXPECT_EQ(shapeOf(net::LayerNormalization{1, true}, {map, {6}, kNone}), map);
    EXPECT_THROW(shapeOf(net::LayerNormalization{-1}, {map, {6}, kNone}), Error);
    EXPECT_EQ(shapeOf(net::MatMul{}, {map, {5, 3}}), (Shape{2, 6, 4, 3}));
    EXPECT_THROW(shapeOf(net::MatMul{}, {map, {4, 3}}), Error);
}

// Two maps that are multiplied have no weights that would have to be in the file.
TEST(Shapes, ProductsOfMatricesThatWouldTakeHoursAreRefused) {
    GraphMaker maker(Shape{1, 3, 8, 8});
    const auto turned = maker.node(net::Transpose{{0, 1, 3, 2}}, {maker.input()});
    const Graph graph = maker.finish({maker.node(net::MatMul{}, {maker.input(), turned})});
    EXPECT_NO_THROW(net::inferShapes(graph, Shape{1, 3, 1024, 1024}));
    EXPECT_THROW(net::inferShapes(graph, Shape{1, 3, 8192, 8192}), Error);
}

TEST(MultiplyAdds, CountConvolutionsAndMatrices) {
    GraphMaker maker(Shape{1, 4, 6, 6});
    auto x =
        maker.conv(maker.input(), {.in = 4, .out = 8, .window = {.kernel = {3, 3}}, .groups = 2});
    x = maker.node(net::Flatten{}, {x});
    x = maker.node(net::Gemm{.transpose_b = true},
                   {x, maker.random({10, 8 * 16}, 1), net::kNoValue});
    const Graph graph = maker.finish({x});
    EXPECT_EQ(net::multiplyAdds(graph, Shape{1, 4, 6, 6}), 8 * 16 * (2 * 9) + 10 * 128);
    EXPECT_EQ(net::multiplyAdds(graph, Shape{3, 4, 6, 6}), 3 * (8 * 16 * (2 * 9) + 10 * 128));
}

TEST(WindowPositions, CountWholeWindows) {
    EXPECT_EQ(net::windowPositions(5, 0, 0, 3, 2, false), 2);
    EXPECT_EQ(net::windowPositions(6, 0, 0, 3, 2, false), 2);
    EXPECT_EQ(net::windowPositions(6, 0, 0, 3, 2, true), 3);
    EXPECT_EQ(net::windowPositions(6, 1, 1, 3, 2, false), 3);
    EXPECT_EQ(net::windowPositions(2, 0, 0, 3, 1, false), 0);
    EXPECT_EQ(net::windowPositions(2, 0, 0, 3, 1, true), 0);
}

}  // namespace
}  // namespace overfeat
