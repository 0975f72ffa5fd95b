// SPDX-License-Identifier: Apache-2.0
// What is fused and what must not be; dense_property_test.cpp does the same with random networks.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/net/passes.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/net/run_graph.h"

namespace overfeat {
namespace {

using net::Activation;
using net::Graph;
using net::ValueId;
using test::GraphMaker;

class Fuse : public ::testing::Test {
protected:
    Fuse() : maker(Shape{1, 4, 6, 6}) {}

    ValueId conv(ValueId x) {
        return maker.conv(
            x, {.in = 4, .out = 4, .window = {.kernel = {3, 3}, .padding = {1, 1, 1, 1}}});
    }
    ValueId relu(ValueId x) { return maker.node(net::Activate{Activation::relu()}, {x}); }
    ValueId add(ValueId a, ValueId b) { return maker.node(net::Add{}, {a, b}); }
    ValueId normalised(ValueId x) {
        const Shape channels{4};
        return maker.node(net::BatchNormalization{},
                          {x, maker.random(channels, 1), maker.random(channels, 1),
                           maker.random(channels, 1), maker.random(channels, 0.5F, 1)});
    }

    // Fuses the graph with these outputs, and checks that nothing but its form has changed.
    Graph fused(std::vector<ValueId> outputs) {
        const Graph graph = maker.finish(std::move(outputs));
        Graph result = net::fuse(graph);
        net::validate(result);
        Tensor picture(Shape{1, 4, 6, 6});
        for (float& value : picture.values())
            value = maker.next();
        const auto expected = test::run(graph, picture);
        const auto actual = test::run(result, picture);
        EXPECT_EQ(expected.size(), actual.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_EQ(graph.valueName(graph.outputs[i]), result.valueName(result.outputs[i]));
            for (std::size_t j = 0; j < expected[i].values().size(); ++j) {
                const float value = expected[i].values()[j];
                EXPECT_NEAR(actual[i].values()[j], value, 1e-5F * (1 + std::abs(value)));
            }
        }
        return result;
    }

    GraphMaker maker;
};

const net::Conv& convAt(const Graph& graph, std::size_t index) {
    return std::get<net::Conv>(graph.nodes.at(index).op);
}

TEST_F(Fuse, FoldsNormalizationAndActivationIntoTheConvolution) {
    const Graph graph = fused({relu(normalised(conv(maker.input())))});
    ASSERT_EQ(graph.nodes.size(), 1U);
    EXPECT_EQ(convAt(graph, 0).activation, Activation::relu());
}

TEST_F(Fuse, NormalizationOfAnythingElseBecomesADepthwiseConvolution) {
    const Graph graph = fused({normalised(relu(maker.input()))});
    ASSERT_EQ(graph.nodes.size(), 2U);
    EXPECT_EQ(convAt(graph, 1).groups, 4);
}

TEST_F(Fuse, AConvolutionThatOthersReadIsNotChanged) {
    const ValueId x = conv(maker.input());
    const Graph graph = fused({relu(x), normalised(x)});
    ASSERT_EQ(graph.nodes.size(), 3U);
    EXPECT_TRUE(convAt(graph, 0).activation.isNone());
}

TEST_F(Fuse, AnOutputIsNotSwallowed) {
    const ValueId x = conv(maker.input());
    const Graph graph = fused({x, relu(x)});
    EXPECT_EQ(graph.nodes.size(), 2U);
}

TEST_F(Fuse, AddsTheResidualInTheConvolution) {
    const ValueId x = relu(conv(maker.input()));
    const ValueId inner = relu(conv(x));
    const Graph graph = fused({relu(add(x, conv(inner)))});
    ASSERT_EQ(graph.nodes.size(), 3U);
    ASSERT_EQ(graph.nodes[2].inputs.size(), 4U);
    EXPECT_EQ(graph.nodes[2].inputs[3], graph.nodes[0].output);
    EXPECT_EQ(convAt(graph, 2).activation, Activation::relu());
}

TEST_F(Fuse, TheResidualMayBeEitherOperandAndComeLater) {
    // The convolution comes first, its partner is computed after it.
    const ValueId early = conv(maker.input());
    const ValueId late = relu(normalised(relu(maker.input())));
    const Graph graph = fused({add(early, late)});
    ASSERT_EQ(graph.nodes.size(), 3U);
    EXPECT_EQ(graph.nodes[2].inputs.size(), 4U);
}

TEST_F(Fuse, OfTwoConvolutionsTheLaterOneTakesTheSum) {
    const ValueId shortcut = conv(maker.input());
    const ValueId main = conv(relu(conv(maker.input())));
    const Graph graph = fused({add(shortcut, main)});
    ASSERT_EQ(graph.nodes.size(), 3U);
    EXPECT_EQ(graph.nodes[2].inputs[3], graph.nodes[0].output);
}

TEST_F(Fuse, AnActivationBetweenConvolutionAndSumPreventsFusion) {
    const Graph graph = fused({add(maker.input(), relu(conv(maker.input())))});
    EXPECT_EQ(graph.nodes.size(), 2U);
}

TEST_F(Fuse, AConvolutionAddedToItselfStays) {
    const ValueId x = conv(maker.input());
    EXPECT_EQ(fused({add(x, x)}).nodes.size(), 2U);
}

TEST_F(Fuse, BroadcastingSumsStay) {
    const ValueId x = conv(maker.input());
    const ValueId mean = maker.node(net::GlobalAveragePool{}, {maker.input()});
    EXPECT_EQ(fused({add(x, mean)}).nodes.size(), 3U);
    EXPECT_EQ(fused({add(x, maker.random(Shape{4, 1, 1}, 1))}).nodes.size(), 2U);
}

TEST_F(Fuse, DropsIdentitiesAndKeepsNamesOfOutputs) {
    ValueId x = maker.node(net::Identity{}, {conv(maker.input())});
    x = maker.node(net::Identity{}, {relu(x)});
    EXPECT_EQ(fused({x}).nodes.size(), 1U);
}

TEST_F(Fuse, AnIdentityOfTheInputStaysAsOutput) {
    EXPECT_EQ(fused({maker.node(net::Identity{}, {maker.input()})}).nodes.size(), 1U);
}

TEST_F(Fuse, ChainsActivations) {
    ValueId x = maker.node(net::Activate{{.low = -1, .high = 0.5F}}, {conv(maker.input())});
    x = maker.node(net::Activate{{.low = -0.25F, .high = 2}}, {x});
    const Graph graph = fused({x});
    ASSERT_EQ(graph.nodes.size(), 1U);
    EXPECT_EQ(convAt(graph, 0).activation, (Activation{.low = -0.25F, .high = 0.5F}));
    // Two ranges that do not meet leave one number.
    ValueId y = maker.node(net::Activate{{.low = 1, .high = 2}}, {conv(maker.input())});
    y = maker.node(net::Activate{{.low = -2, .high = -1}}, {y});
    EXPECT_EQ(convAt(fused({y}), 0).activation, (Activation{.low = -1, .high = -1}));
}

TEST_F(Fuse, WeightsThatDoNotChangeAreShared) {
    const Graph graph = maker.finish({relu(conv(maker.input()))});
    const Graph result = net::fuse(graph);
    EXPECT_EQ(result.constant(result.nodes[0].inputs[1]), graph.constant(graph.nodes[0].inputs[1]));
}

}  // namespace
}  // namespace overfeat
