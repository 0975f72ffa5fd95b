// SPDX-License-Identifier: Apache-2.0
// The form of dense and fine-strided networks; their numbers are tested in dense_property_test.cpp.
#include <gtest/gtest.h>

#include <string>

#include "engine/core/error.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/net/run_graph.h"
#include "tests/support/capability.h"

namespace overfeat {
namespace {

using net::DenseFidelity;
using net::DenseGraph;
using net::Extent2;
using net::Graph;
using net::ValueId;
using test::GraphMaker;

class Dense : public ::testing::Test {
protected:
    Dense() : maker(Shape{1, 3, 16, 16}) {}

    ValueId conv(ValueId x, std::int64_t in, std::int64_t out, std::int64_t kernel,
                 std::int64_t stride = 1, std::int64_t padding = 0) {
        return maker.conv(x, {.in = in,
                              .out = out,
                              .window = {.kernel = {kernel, kernel},
                                         .stride = {stride, stride},
                                         .padding = {padding, padding, padding, padding}}});
    }
    ValueId flat(ValueId x) { return maker.node(net::Flatten{}, {x}); }
    ValueId gemm(ValueId x, std::int64_t in, std::int64_t out) {
        return maker.node(net::Gemm{.transpose_b = true},
                          {x, maker.random({out, in}, 0.2F), maker.random({out}, 0.2F)});
    }
    ValueId mean(ValueId x) { return maker.node(net::GlobalAveragePool{}, {x}); }

    DenseGraph dense(std::vector<ValueId> outputs) {
        DenseGraph result = net::makeDense(maker.finish(std::move(outputs)), 16);
        net::validate(result.graph);
        return result;
    }
    // The sentence that says why the network cannot slide.
    std::string obstacle(std::vector<ValueId> outputs) {
        const DenseGraph result = dense(std::move(outputs));
        if (result.report.fidelity != DenseFidelity::kClassificationOnly) return "can slide";
        EXPECT_EQ(net::maxFineSteps(result), 0);
        return result.report.reasons.at(0);
    }

    GraphMaker maker;
};

Shape outputShape(const DenseGraph& dense, const Shape& input, std::size_t output = 0) {
    const auto shapes = net::inferShapes(dense.graph, input);
    return shapes[static_cast<std::size_t>(dense.graph.outputs[output])];
}

TEST_F(Dense, FullyConnectedLayersBecomeConvolutions) {
    ValueId x = conv(maker.input(), 3, 4, 4, 2);  // 7x7
    x = gemm(flat(x), 4 * 49, 5);
    x = gemm(maker.node(net::Activate{net::Activation::relu()}, {x}), 5, 2);
    const DenseGraph result = dense({x});
    EXPECT_EQ(result.report.fidelity, DenseFidelity::kExact);
    EXPECT_TRUE(result.report.reasons.empty());
    EXPECT_EQ(result.stride_px, (Extent2{2, 2}));
    EXPECT_EQ(result.window_px, 16);
    ASSERT_EQ(result.graph.nodes.size(), 3U);
    const auto& hidden = std::get<net::Conv>(result.graph.nodes[1].op);
    EXPECT_EQ(hidden.window.kernel, (Extent2{7, 7}));
    EXPECT_EQ(hidden.activation, net::Activation::relu());
    EXPECT_EQ(result.graph.input_shape, (Shape{-1, 3, -1, -1}));
    EXPECT_EQ(outputShape(result, {1, 3, 16, 16}), (Shape{1, 2, 1, 1}));
    EXPECT_EQ(outputShape(result, {1, 3, 20, 31}), (Shape{1, 2, 3, 8}));
}

TEST_F(Dense, PaddingMakesItApproximateAndIsNamed) {
    const ValueId x = conv(maker.input(), 3, 4, 3, 2, 1);
    const DenseGraph result = dense({gemm(flat(mean(x)), 4, 9)});
    EXPECT_EQ(result.report.fidelity, DenseFidelity::kApproximate);
    ASSERT_EQ(result.report.reasons.size(), 1U);
    EXPECT_NE(result.report.reasons[0].find("'n0' (Conv) pads"), std::string::npos);
}

TEST_F(Dense, RoundingUpBecomesPaddingBehind) {
    const net::SlidingWindow window{.kernel = {2, 2}, .stride = {2, 2}};
    ValueId x = conv(maker.input(), 3, 4, 4, 2);  // 7x7
    x = maker.node(net::MaxPool{.window = window, .ceil_mode = true}, {x});
    const Graph graph = maker.finish({gemm(flat(x), 4 * 16, 2)});
    const DenseGraph result = net::makeDense(graph, 16);
    EXPECT_EQ(result.report.fidelity, DenseFidelity::kApproximate);
    const auto& pool = std::get<net::MaxPool>(result.graph.nodes[1].op);
    EXPECT_FALSE(pool.ceil_mode);
    EXPECT_EQ(pool.window.padding, (net::Padding2{0, 0, 1, 1}));
    // On the window itself nothing has changed.
    Tensor picture(Shape{1, 3, 16, 16});
    for (float& value : picture.values())
        value = maker.next();
    const Tensor expected = test::run(graph, picture)[0];
    const Tensor actual = test::run(result.graph, picture)[0];
    for (std::size_t i = 0; i < expected.values().size(); ++i)
        EXPECT_NEAR(actual.values()[i], expected.values()[i], 1e-5);
}

// What reaches over the end of the picture is never counted, not even where padding is: neither on
// the window nor, where the dense network meets a border, on a larger picture (of whole strides
// more, so that its last window reaches over by as much).
TEST_F(Dense, AnAverageThatRoundsUpCountsAtTheBorderWhatItAlwaysCounted) {
    for (const std::int64_t padding : {0, 1}) {
        for (const bool ceil_mode : {false, true}) {
            for (const bool counts_padding : {false, true}) {
                for (const std::int64_t kernel : {2, 3, 4}) {
                    const net::SlidingWindow window{
                        .kernel = {kernel, kernel},
                        .stride = {3, 2},
                        .padding = {padding, padding, padding, padding}};
                    GraphMaker fresh(Shape{1, 3, -1, -1});
                    const ValueId x =
                        fresh.node(net::AveragePool{.window = window,
                                                    .ceil_mode = ceil_mode,
                                                    .count_include_padding = counts_padding},
                                   {fresh.input()});
                    const Graph graph = fresh.finish({x});
                    const DenseGraph result = net::makeDense(graph, 16);
                    EXPECT_NE(result.report.fidelity, DenseFidelity::kClassificationOnly);
                    EXPECT_LE(result.report.reasons.size(), 1U);
                    for (const std::int64_t side : {16, 22}) {
                        Tensor picture(Shape{1, 3, side, side});
                        for (float& value : picture.values())
                            value = maker.next();
                        const Tensor expected = test::run(graph, picture)[0];
                        const Tensor actual = test::run(result.graph, picture)[0];
                        ASSERT_EQ(actual.shape(), expected.shape());
                        for (std::size_t i = 0; i < expected.values().size(); ++i) {
                            ASSERT_NEAR(actual.values()[i], expected.values()[i], 1e-6)
                                << "padding " << padding << ", ceil_mode " << ceil_mode
                                << ", counts_padding " << counts_padding << ", kernel " << kernel
                                << ", side " << side;
                        }
                    }
                }
            }
        }
    }
}

// In the middle of a network: the map of 7x7 has padding in rows -1 and 7, and the last window of
// rows 5 to 8 reaches over both by one. Every second (then fourth) cell of a finer stride is a cell
// of the coarse one.
TEST_F(Dense, AnAverageThatCountsItsPaddingAndRoundsUpSlides) {
    ValueId x = conv(maker.input(), 3, 4, 4, 2);
    x = maker.node(
        net::AveragePool{.window = {.kernel = {4, 4}, .stride = {2, 2}, .padding = {1, 1, 1, 1}},
                         .ceil_mode = true,
                         .count_include_padding = true},
        {x});
    const Graph graph = maker.finish({gemm(flat(x), 4 * 16, 5)});
    const DenseGraph coarse = net::makeDense(graph, 16);
    net::validate(coarse.graph);
    EXPECT_EQ(coarse.report.fidelity, DenseFidelity::kApproximate);
    ASSERT_EQ(coarse.report.reasons.size(), 1U);
    EXPECT_NE(coarse.report.reasons[0].find("'n1' (AveragePool) pads"), std::string::npos);
    Tensor picture(Shape{1, 3, 24, 24});
    for (float& value : picture.values())
        value = maker.next();
    const Tensor window = test::cropped(picture, 0, 0, 16, 16);
    const Tensor expected = test::run(graph, window)[0];
    const Tensor single = test::run(coarse.graph, window)[0];
    ASSERT_EQ(single.shape(), (Shape{1, 5, 1, 1}));
    for (std::size_t i = 0; i < expected.values().size(); ++i)
        EXPECT_NEAR(single.values()[i], expected.values()[i], 1e-5);
    const Tensor cells = test::run(coarse.graph, picture)[0];
    ASSERT_EQ(cells.shape(), (Shape{1, 5, 3, 3}));
    ASSERT_EQ(net::maxFineSteps(coarse), 2);
    for (const int steps : {1, 2}) {
        const Tensor fine = test::run(net::refineStride(coarse, steps).graph, picture)[0];
        const std::int64_t apart = std::int64_t{1} << steps;
        ASSERT_EQ(fine.shape(), (Shape{1, 5, 2 * apart + 1, 2 * apart + 1}));
        for (std::int64_t c = 0; c < 5; ++c)
            for (std::int64_t row = 0; row < 3; ++row)
                for (std::int64_t column = 0; column < 3; ++column)
                    EXPECT_NEAR(test::at(fine, c, row * apart, column * apart),
                                test::at(cells, c, row, column), 1e-5)
                        << steps << " steps, channel " << c << ", cell " << row << ',' << column;
    }
}

TEST_F(Dense, AveragesTheTrainingExtent) {
    const ValueId x = conv(maker.input(), 3, 40, 4, 2);
    const DenseGraph result = dense({gemm(flat(mean(x)), 40, 40)});
    const auto& average = std::get<net::AveragePool>(result.graph.nodes.at(1).op);
    EXPECT_EQ(average.window.kernel, (Extent2{7, 7}));
    EXPECT_EQ(average.window.stride, (Extent2{1, 1}));
}

TEST_F(Dense, FewClassesAreComputedBeforeTheAverage) {
    const ValueId x = conv(maker.input(), 3, 40, 4, 2);
    const DenseGraph result = dense({gemm(flat(mean(x)), 40, 3)});
    ASSERT_EQ(result.graph.nodes.size(), 3U);
    EXPECT_TRUE(std::holds_alternative<net::Conv>(result.graph.nodes[1].op));
    EXPECT_TRUE(std::holds_alternative<net::AveragePool>(result.graph.nodes[2].op));
    EXPECT_EQ(outputShape(result, {1, 3, 16, 16}), (Shape{1, 3, 1, 1}));
}

TEST_F(Dense, ASharedAverageStaysWhereItIs) {
    const ValueId x = flat(mean(conv(maker.input(), 3, 40, 4, 2)));
    const DenseGraph result = dense({gemm(x, 40, 3), x});
    EXPECT_TRUE(std::holds_alternative<net::AveragePool>(result.graph.nodes.at(1).op));
    EXPECT_EQ(outputShape(result, {1, 3, 18, 16}, 1), (Shape{1, 40, 2, 1}));
}

TEST_F(Dense, AFlattenedMapAsFeaturesListsItsCells) {
    const ValueId x = flat(conv(maker.input(), 3, 2, 4, 4));  // 2 channels, 4x4
    const Graph graph = maker.finish({x});
    const DenseGraph result = net::makeDense(graph, 16);
    EXPECT_EQ(result.report.fidelity, DenseFidelity::kExact);
    EXPECT_EQ(result.graph.valueName(result.graph.outputs[0]), graph.valueName(x));
    Tensor picture(Shape{1, 3, 16, 16});
    for (float& value : picture.values())
        value = maker.next();
    const Tensor expected = test::run(graph, picture)[0];
    const Tensor actual = test::run(result.graph, picture)[0];
    ASSERT_EQ(actual.shape(), (Shape{1, 32, 1, 1}));
    for (std::size_t i = 0; i < 32; ++i)
        EXPECT_NEAR(actual.values()[i], expected.values()[i], 1e-6);
}

// 64 channels of 16x16 cells would take 64 * 256 * 256 weights, which is fine; 33 times as many
// would take more than half a gigabyte.
TEST_F(Dense, AFlattenedMapThatIsTooLargeIsNotUnfolded) {
    const ValueId small = flat(conv(maker.input(), 3, 64, 1));
    EXPECT_EQ(dense({small}).report.fidelity, DenseFidelity::kExact);
    const ValueId large = flat(conv(maker.input(), 3, 33 * 64, 1));
    EXPECT_NE(obstacle({large}).find("too large"), std::string::npos);
}

// Joining one flattened map many times must not list its cells many times.
TEST_F(Dense, AFlattenedMapIsUnfoldedOnce) {
    const ValueId x = flat(conv(maker.input(), 3, 2, 4, 4));
    const Graph graph = maker.finish({maker.node(net::Concat{.axis = 1}, {x, x, x}), x});
    const DenseGraph result = net::makeDense(graph, 16);
    EXPECT_EQ(result.graph.nodes.size(), 3U);  // the convolution, the unfolding and Concat
    EXPECT_EQ(result.graph.valueName(result.graph.outputs[1]), graph.valueName(x));
    Tensor picture(Shape{1, 3, 16, 16});
    for (float& value : picture.values())
        value = maker.next();
    const auto expected = test::run(graph, picture);
    const auto actual = test::run(result.graph, picture);
    for (std::size_t output = 0; output < 2; ++output) {
        for (std::size_t i = 0; i < expected[output].values().size(); ++i)
            EXPECT_NEAR(actual[output].values()[i], expected[output].values()[i], 1e-6);
    }
}

// Each of the two is small enough (see above), but not both together.
TEST_F(Dense, FlattenedMapsShareOneLimit) {
    const ValueId x = conv(maker.input(), 3, 600, 1);
    const ValueId first = flat(x);
    const ValueId second = flat(maker.node(net::Activate{net::Activation::relu()}, {x}));
    EXPECT_EQ(dense({first}).report.fidelity, DenseFidelity::kExact);
    EXPECT_EQ(dense({second}).report.fidelity, DenseFidelity::kExact);
    EXPECT_NE(obstacle({first, second}).find("too large"), std::string::npos);
}

TEST_F(Dense, SoftmaxWorksPerCell) {
    const ValueId x = gemm(flat(mean(conv(maker.input(), 3, 4, 4, 2))), 4, 3);
    const DenseGraph result = dense({maker.node(net::Softmax{.axis = -1}, {x})});
    EXPECT_EQ(std::get<net::Softmax>(result.graph.nodes.back().op).axis, 1);
    EXPECT_EQ(result.report.fidelity, DenseFidelity::kExact);
}

TEST_F(Dense, IdenticalReasonsAreOneLine) {
    ValueId x = maker.input();
    for (int i = 0; i < 20; ++i)
        x = conv(x, 3, 3, 3, 1, 1);
    const DenseGraph result = dense({x});
    EXPECT_EQ(result.report.fidelity, DenseFidelity::kApproximate);
    ASSERT_EQ(result.report.reasons.size(), 1U);
    EXPECT_EQ(result.report.reasons[0].find("20 layers, from 'n0' to 'n19': each pads"), 0U)
        << result.report.reasons[0];
}

// A gate between two strided layers: its average and its border grow with the finer stride.
TEST_F(Dense, SqueezeExciteAtEveryFineStride) {
    const ValueId a = conv(maker.input(), 3, 4, 2, 2);
    const ValueId gate = maker.conv(mean(a), {.in = 4, .out = 4, .window = {}});
    const ValueId scaled = maker.node(
        net::Arithmetic{},
        {a, maker.node(net::Activate{net::Activation::of(net::Curve::kSigmoid)}, {gate})});
    const ValueId scores = gemm(flat(mean(conv(scaled, 4, 6, 2, 2))), 6, 3);
    const DenseGraph coarse = dense({scores});
    EXPECT_EQ(coarse.report.fidelity, DenseFidelity::kApproximate);
    ASSERT_EQ(net::maxFineSteps(coarse), 2);
    for (const int steps : {0, 1, 2}) {
        const DenseGraph fine = net::refineStride(coarse, steps);
        const std::int64_t cells = (24 - 16) / fine.stride_px.height + 1;
        EXPECT_EQ(outputShape(fine, {1, 3, 24, 24}), (Shape{1, 3, cells, cells}));
        // The only window of a picture of its size is the window network's.
        Tensor picture(Shape{1, 3, 16, 16});
        for (float& value : picture.values())
            value = maker.next();
        const Tensor window = test::run(maker.finish({scores}), picture).front();
        const Tensor all = test::run(fine.graph, picture).front();
        ASSERT_EQ(all.shape(), (Shape{1, 3, 1, 1}));
        for (std::size_t k = 0; k < 3; ++k)
            EXPECT_NEAR(all.values()[k], window.values()[k], 1e-5) << steps << " steps";
    }
}

TEST_F(Dense, SaysWhatCannotSlide) {
    const ValueId map = conv(maker.input(), 3, 4, 3);
    // Attention: every cell of the window meets every other one.
    const ValueId turned = maker.node(net::Transpose{{0, 1, 3, 2}}, {map});
    EXPECT_NE(obstacle({turned}).find("reorders the axes"), std::string::npos);
    EXPECT_NE(obstacle({maker.node(net::MatMul{}, {map, map})}).find("attention"),
              std::string::npos);
    EXPECT_NE(obstacle({maker.node(net::Reshape{{0, 4, 7, 28}}, {map})}).find("another way"),
              std::string::npos);
    EXPECT_NE(obstacle({maker.node(net::Gather{2, {1, 2}}, {map})}).find("than the channels"),
              std::string::npos);
    EXPECT_NE(obstacle({maker.node(net::ReduceMean{{3}}, {map})}).find("than the channels"),
              std::string::npos);
    EXPECT_NE(obstacle({maker.node(net::LayerNormalization{.axis = 1},
                                   {map, maker.random({4, 14, 14}, 1), net::kNoValue})})
                  .find("over the cells"),
              std::string::npos);
    EXPECT_NE(obstacle({maker.node(net::Add{}, {map, maker.random({1, 4, 14, 14}, 1)})})
                  .find("differs between the pixels"),
              std::string::npos);
    EXPECT_NE(obstacle({maker.node(net::Concat{.axis = 2}, {map, map})}).find("another axis"),
              std::string::npos);
    EXPECT_NE(obstacle({maker.node(net::Softmax{.axis = 3}, {map})}).find("classes"),
              std::string::npos);
    EXPECT_NE(obstacle({maker.node(net::Flatten{.axis = 0}, {map})}).find("batch"),
              std::string::npos);
}

TEST_F(Dense, TheGraphThatCannotSlideIsReturnedUnchanged) {
    const ValueId map = conv(maker.input(), 3, 4, 3);
    const ValueId turned = maker.node(net::Transpose{{0, 1, 3, 2}}, {map});
    const DenseGraph result = dense({maker.node(net::Add{}, {map, turned})});
    EXPECT_EQ(result.graph.nodes.size(), 3U);
    EXPECT_EQ(net::refineStride(result, 3).graph.nodes.size(), 3U);
}

TEST_F(Dense, OutputsThatComeAtDifferentDistancesCannotSlideTogether) {
    const ValueId near = gemm(flat(conv(maker.input(), 3, 2, 4, 1)), 2 * 169, 2);
    const ValueId far = gemm(flat(conv(maker.input(), 3, 2, 4, 2)), 2 * 49, 2);
    EXPECT_NE(obstacle({near, far}).find("different distances"), std::string::npos);
}

// Two strided layers, then a padded convolution and the average.
TEST_F(Dense, FineStrideDilatesWhatFollows) {
    ValueId x = conv(maker.input(), 3, 4, 2, 2);                                        // 8x8
    x = maker.node(net::MaxPool{.window = {.kernel = {2, 2}, .stride = {2, 2}}}, {x});  // 4x4
    x = conv(x, 4, 40, 3, 1, 1);
    const DenseGraph coarse = dense({gemm(flat(mean(x)), 40, 40)});
    ASSERT_EQ(net::maxFineSteps(coarse), 2);
    EXPECT_EQ(coarse.stride_px, (Extent2{4, 4}));

    const DenseGraph once = net::refineStride(coarse, 1);
    EXPECT_EQ(once.stride_px, (Extent2{2, 2}));
    EXPECT_EQ(std::get<net::Conv>(once.graph.nodes[0].op).window.stride, (Extent2{2, 2}));
    const auto& pool = std::get<net::MaxPool>(once.graph.nodes[1].op);
    EXPECT_EQ(pool.window.stride, (Extent2{1, 1}));
    EXPECT_EQ(pool.window.dilation, (Extent2{1, 1}));
    const auto& padded = std::get<net::Conv>(once.graph.nodes[2].op);
    EXPECT_EQ(padded.window.dilation, (Extent2{2, 2}));
    EXPECT_EQ(padded.window.padding, (net::Padding2{2, 2, 2, 2}));
    const auto& average = std::get<net::AveragePool>(once.graph.nodes[3].op);
    EXPECT_EQ(average.window.dilation, (Extent2{2, 2}));

    const DenseGraph twice = net::refineStride(coarse, 2);
    EXPECT_EQ(twice.stride_px, (Extent2{1, 1}));
    EXPECT_EQ(std::get<net::MaxPool>(twice.graph.nodes[1].op).window.dilation, (Extent2{2, 2}));
    EXPECT_EQ(std::get<net::Conv>(twice.graph.nodes[2].op).window.dilation, (Extent2{4, 4}));
    // More steps than there are change nothing.
    EXPECT_EQ(net::refineStride(coarse, 9).stride_px, (Extent2{1, 1}));
    EXPECT_EQ(net::refineStride(coarse, 0).stride_px, (Extent2{4, 4}));
}

// A residual block that halves its map does so in both branches, which count as one step.
TEST_F(Dense, BranchesAreRefinedTogether) {
    const ValueId main = conv(conv(maker.input(), 3, 4, 3, 2, 1), 4, 4, 3, 1, 1);
    const ValueId shortcut = conv(maker.input(), 3, 4, 1, 2);
    const ValueId sum = maker.node(net::Add{}, {main, shortcut});
    const DenseGraph coarse = dense({gemm(flat(mean(sum)), 4, 9)});
    EXPECT_EQ(net::maxFineSteps(coarse), 1);
    const DenseGraph fine = net::refineStride(coarse, 1);
    EXPECT_EQ(fine.stride_px, (Extent2{1, 1}));
    EXPECT_NO_THROW(net::inferShapes(fine.graph, Shape{1, 3, 40, 41}));
}

// One branch halves twice, the other quarters at once: no step fits both.
TEST_F(Dense, BranchesThatLoseDifferentStridesAreLeftAlone) {
    const ValueId a = conv(conv(maker.input(), 3, 4, 2, 2), 4, 4, 2, 2);
    const ValueId b = conv(maker.input(), 3, 4, 4, 4);
    const DenseGraph coarse = dense({gemm(flat(mean(maker.node(net::Add{}, {a, b}))), 4, 9)});
    EXPECT_EQ(coarse.stride_px, (Extent2{4, 4}));
    EXPECT_EQ(net::maxFineSteps(coarse), 0);
    EXPECT_EQ(net::refineStride(coarse, 1).stride_px, (Extent2{4, 4}));
}

TEST_F(Dense, ReceptiveFieldOfAnUnpaddedNetworkIsItsWindow) {
    ValueId x = conv(maker.input(), 3, 4, 4, 2);
    const DenseGraph coarse = dense({gemm(flat(x), 4 * 49, 2)});
    for (int steps = 0; steps <= net::maxFineSteps(coarse); ++steps) {
        const DenseGraph fine = net::refineStride(coarse, steps);
        const auto field = net::receptiveField(fine.graph, fine.graph.outputs[0]);
        EXPECT_EQ(field.field_px, (Extent2{16, 16}));
        EXPECT_EQ(field.jump_px, fine.stride_px);
        EXPECT_DOUBLE_EQ(field.first_centre_x_px, 8);
        EXPECT_DOUBLE_EQ(field.first_centre_y_px, 8);
    }
}

TEST_F(Dense, ReceptiveFieldsFollowTheArithmetic) {
    const net::SlidingWindow window{
        .kernel = {3, 2}, .stride = {2, 1}, .dilation = {1, 3}, .padding = {1, 0, 0, 0}};
    const ValueId a = maker.conv(maker.input(), {.in = 3, .out = 2, .window = window});
    const ValueId b = conv(a, 2, 2, 3);
    const Graph graph = maker.finish({a, b});
    const auto first = net::receptiveField(graph, a);
    EXPECT_EQ(first.field_px, (Extent2{3, 4}));
    EXPECT_EQ(first.jump_px, (Extent2{2, 1}));
    EXPECT_DOUBLE_EQ(first.first_centre_y_px, 0.5);  // rows -1, 0 and 1
    EXPECT_DOUBLE_EQ(first.first_centre_x_px, 2);    // columns 0 and 3
    EXPECT_EQ(net::receptiveField(graph, b).field_px, (Extent2{7, 6}));
    EXPECT_EQ(net::receptiveField(graph, graph.input).field_px, (Extent2{1, 1}));
    EXPECT_DOUBLE_EQ(net::receptiveField(graph, graph.input).first_centre_x_px, 0.5);
}

TEST_F(Dense, AWindowNetworkThatSeesEverythingHasNoReceptiveField) {
    const Graph graph = maker.finish({mean(maker.input())});
    EXPECT_THROW(net::receptiveField(graph, graph.outputs[0]), Error);
}

TEST_F(Dense, TheRealMobileNetSlidesApproximately) {
    const auto data = test::sharedData();
    if (test::missing("shared-data", data.has_value())) return;
    const auto model = net::loadModel(*data / "models" / "mobilenetv2-imagenet1k.onnx");
    const DenseGraph coarse = net::makeDense(model->graph, model->window_px);
    EXPECT_EQ(coarse.report.fidelity, DenseFidelity::kApproximate);
    EXPECT_EQ(coarse.stride_px, (Extent2{32, 32}));
    EXPECT_EQ(net::maxFineSteps(coarse), 5);
    EXPECT_EQ(outputShape(coarse, {1, 3, 480, 640}), (Shape{1, 1000, 9, 14}));
    EXPECT_EQ(outputShape(net::refineStride(coarse, 1), {1, 3, 480, 640}),
              (Shape{1, 1000, 17, 27}));
    // 52 convolutions, the average and the classifier: nothing is left beside them.
    EXPECT_EQ(coarse.graph.nodes.size(), 54U);
}

}  // namespace
}  // namespace overfeat
