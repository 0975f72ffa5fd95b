// SPDX-License-Identifier: Apache-2.0
#include "engine/net/graph.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "engine/core/error.h"
#include "tests/engine/backend/graph_maker.h"

namespace overfeat {
namespace {

using net::Graph;
using net::kNoValue;
using test::GraphMaker;

// x -> Conv "n0" -> Activate "n1" -> Gemm-free tail "n2" (global average).
Graph chain() {
    GraphMaker maker(Shape{1, 3, 8, 8});
    const auto conv = maker.conv(maker.input(), {.in = 3, .out = 4, .window = {.kernel = {3, 3}}});
    const auto relu = maker.node(net::Activate{net::Activation::relu()}, {conv});
    return maker.finish({maker.node(net::GlobalAveragePool{}, {relu})});
}

std::string refusal(const std::function<void(Graph&)>& damage) {
    Graph graph = chain();
    damage(graph);
    try {
        net::validate(graph);
    } catch (const Error& error) {
        return error.what();
    }
    return "was accepted";
}

bool says(const std::string& sentence, const std::string& part) {
    return sentence.find(part) != std::string::npos;
}

TEST(Validate, AcceptsAChain) {
    EXPECT_NO_THROW(net::validate(chain()));
}

TEST(Validate, NamesWhatBreaksAnInvariant) {
    EXPECT_TRUE(says(refusal([](Graph& g) { std::swap(g.nodes[0], g.nodes[1]); }),
                     "Node 'n1' (Activate) reads 'n0:out' before"));
    EXPECT_TRUE(says(refusal([](Graph& g) { g.nodes[1].output = g.nodes[0].output; }),
                     "'n1' (Activate) produces 'n0:out', which something else"));
    EXPECT_TRUE(says(refusal([](Graph& g) { g.nodes[1].output = g.input; }), "produces 'x'"));
    EXPECT_TRUE(says(refusal([](Graph& g) { g.values[1].name = "x"; }), "both named 'x'"));
    EXPECT_TRUE(says(refusal([](Graph& g) { g.outputs.clear(); }), "no outputs"));
    EXPECT_TRUE(says(refusal([](Graph& g) { g.outputs = {g.addValue("ghost")}; }), "'ghost'"));
    EXPECT_TRUE(says(refusal([](Graph& g) { g.nodes[1].inputs.clear(); }), "0 inputs"));
    EXPECT_TRUE(says(refusal([](Graph& g) { g.nodes[1].inputs = {kNoValue}; }), "lacks its input"));
    EXPECT_TRUE(says(refusal([](Graph& g) { g.nodes[1].inputs = {999}; }), "lacks its input"));
    EXPECT_TRUE(says(refusal([](Graph& g) { g.nodes[0].inputs[1] = g.input; }),
                     "needs a constant as its input 1"));
    EXPECT_TRUE(says(refusal([](Graph& g) { g.input = g.nodes[0].inputs[1]; }), "input"));
    EXPECT_TRUE(
        says(refusal([](Graph& g) { std::get<net::Conv>(g.nodes[0].op).window.stride.height = 0; }),
             "1..65536"));
    EXPECT_TRUE(
        says(refusal([](Graph& g) { std::get<net::Conv>(g.nodes[0].op).window.padding.left = -1; }),
             "padding"));
    EXPECT_TRUE(says(refusal([](Graph& g) { std::get<net::Conv>(g.nodes[0].op).groups = 0; }),
                     "one group"));
}

TEST(Validate, AConvolutionMayLackItsBias) {
    Graph graph = chain();
    graph.nodes[0].inputs[2] = kNoValue;
    EXPECT_NO_THROW(net::validate(graph));
}

TEST(WithOutputs, KeepsWhatTheNamedValueNeeds) {
    const Graph part = net::withOutputs(chain(), {"n0:out"});
    net::validate(part);
    ASSERT_EQ(part.nodes.size(), 1U);
    EXPECT_EQ(part.nodes[0].name, "n0");
    EXPECT_EQ(part.valueName(part.outputs.front()), "n0:out");
    EXPECT_EQ(part.valueName(part.input), "x");
    EXPECT_FALSE(part.findValue("n1:out"));
    EXPECT_EQ(part.values.size(), 4U);  // x, weights, bias, n0:out
}

TEST(WithOutputs, SharesWeights) {
    const Graph graph = chain();
    const Graph part = net::withOutputs(graph, {"n1:out"});
    EXPECT_EQ(part.constant(part.nodes[0].inputs[1]), graph.constant(graph.nodes[0].inputs[1]));
}

TEST(WithOutputs, ListsNearMatchesOfAWrongName) {
    try {
        net::withOutputs(chain(), {"n0:oud"});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage);
        EXPECT_TRUE(says(error.what(), "no layer named 'n0:oud'"));
        EXPECT_TRUE(says(error.what(), "'n0:out'"));
    }
    try {
        net::withOutputs(chain(), {"completely different"});
        FAIL();
    } catch (const Error& error) {
        EXPECT_TRUE(says(error.what(), "'n2:out'")) << error.what();
    }
    // Weights are no layer.
    EXPECT_THROW(net::withOutputs(chain(), {"c1"}), Error);
}

TEST(OpName, NamesEveryOperator) {
    EXPECT_EQ(net::opName(net::Conv{}), "Conv");
    EXPECT_EQ(net::opName(net::Softmax{}), "Softmax");
    EXPECT_EQ(net::opName(net::Identity{}), "Identity");
}

TEST(Activation, IsNoneWithoutBounds) {
    EXPECT_TRUE(net::Activation{}.isNone());
    EXPECT_FALSE(net::Activation::relu().isNone());
}

}  // namespace
}  // namespace overfeat
