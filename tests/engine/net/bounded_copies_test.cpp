// SPDX-License-Identifier: Apache-2.0
// A weight that many nodes read lies in the file once; rewriting the network must not make as many
// copies of it.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "engine/net/passes.h"
#include "engine/net/simplify.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/net/run_graph.h"

namespace overfeat {
namespace {

using net::Graph;
using net::ValueId;
using test::GraphMaker;

// Numbers of all constants, each counted once.
std::int64_t weightsOf(const Graph& graph) {
    std::set<const Tensor*> counted;
    std::int64_t all = 0;
    for (const net::Value& value : graph.values) {
        if (value.constant && counted.insert(value.constant.get()).second)
            all += value.constant->shape().elementCount();
    }
    return all;
}

void expectSame(const Graph& a, const Graph& b, const Tensor& picture) {
    const Tensor expected = test::run(a, picture).front();
    const Tensor actual = test::run(b, picture).front();
    ASSERT_EQ(actual.values().size(), expected.values().size());
    for (std::size_t i = 0; i < expected.values().size(); ++i)
        ASSERT_NEAR(actual.values()[i], expected.values()[i],
                    1e-4 * (1 + std::abs(expected.values()[i])));
}

Tensor noise(GraphMaker& maker, const Shape& shape) {
    Tensor picture(shape);
    for (float& value : picture.values())
        value = maker.next();
    return picture;
}

TEST(BoundedCopies, OfProductsWithTheChannelsLast) {
    GraphMaker maker(Shape{1, 4, 4, 6});
    ValueId x = maker.node(net::Transpose{{0, 2, 3, 1}}, {maker.input()});
    x = maker.node(net::MatMul{}, {x, maker.random({4, 64}, 0.3F)});
    const ValueId shared = maker.random({64, 64}, 0.21F);
    for (int i = 0; i < 20; ++i)
        x = maker.node(net::MatMul{}, {x, shared});
    const Graph graph = maker.finish({maker.node(net::Transpose{{0, 3, 1, 2}}, {x})});
    const Graph turned = net::simplified(graph, Shape{1, 4, 4, 6}, {});
    EXPECT_TRUE(std::holds_alternative<net::Conv>(turned.nodes.back().op) ||
                std::holds_alternative<net::Identity>(turned.nodes.back().op));
    EXPECT_LE(weightsOf(turned), weightsOf(graph));
    expectSame(graph, turned, noise(maker, Shape{1, 4, 4, 6}));
}

TEST(BoundedCopies, OfFullyConnectedLayers) {
    GraphMaker maker(Shape{1, 3, 8, 8});
    const ValueId shared = maker.random({192, 192}, 0.12F);
    ValueId x = maker.node(net::Flatten{}, {maker.input()});
    for (int i = 0; i < 20; ++i)
        x = maker.node(net::Gemm{}, {x, shared, net::kNoValue});
    const Graph graph = maker.finish({x});
    const net::DenseGraph dense = net::makeDense(graph, 8);
    EXPECT_EQ(dense.report.fidelity, net::DenseFidelity::kExact);
    // Once for a map and once for a vector.
    EXPECT_LE(weightsOf(dense.graph), 2 * weightsOf(graph));
    expectSame(graph, dense.graph, noise(maker, Shape{1, 3, 8, 8}));
}

// Every factor makes other weights, so that they cannot be shared.
TEST(BoundedCopies, OfConvolutionsThatAreScaled) {
    constexpr std::int64_t kSide = 1024;  // 4 MiB of weights
    GraphMaker maker(Shape{1, kSide, 1, 1});
    const ValueId shared = maker.random({kSide, kSide, 1, 1}, 0.054F);
    ValueId x = maker.input();
    for (int i = 0; i < 40; ++i) {
        x = maker.node(net::Conv{}, {x, shared, net::kNoValue});
        x = maker.node(net::Arithmetic{},
                       {x, maker.constant({1}, {1 + 0.001F * static_cast<float>(i)})});
    }
    const Graph graph = maker.finish({x});
    const Graph fused = net::fuse(graph);
    EXPECT_LT(fused.nodes.size(), graph.nodes.size()) << "some are folded";
    EXPECT_LE(weightsOf(fused), weightsOf(graph) + (std::int64_t{17} << 20));
    expectSame(graph, fused, noise(maker, Shape{1, kSide, 1, 1}));

    // One that nobody else reads is always folded: it takes the place of the old one.
    GraphMaker own(Shape{1, 64, 1, 1});
    x = own.input();
    for (int i = 0; i < 5; ++i) {
        x = own.conv(x, {.in = 64, .out = 64, .window = {}});
        x = own.node(net::Arithmetic{}, {x, own.constant({1}, {0.5F})});
    }
    EXPECT_EQ(net::fuse(own.finish({x})).nodes.size(), 5U);
}

}  // namespace
}  // namespace overfeat
