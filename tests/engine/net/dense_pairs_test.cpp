// SPDX-License-Identifier: Apache-2.0
// Networks that slide and combine two values: of one form, of several, with constants.
#include <gtest/gtest.h>

#include <string>

#include "engine/net/passes.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/net/run_graph.h"

namespace overfeat {
namespace {

using net::DenseFidelity;
using net::DenseGraph;
using net::Graph;
using net::ValueId;
using test::GraphMaker;

constexpr std::int64_t kWindow = 8;

ValueId flat(GraphMaker& maker, ValueId x) {
    return maker.node(net::Flatten{}, {x});
}
ValueId gemm(GraphMaker& maker, ValueId x, std::int64_t in, std::int64_t out) {
    return maker.node(net::Gemm{.transpose_b = true},
                      {x, maker.random({out, in}, 0.2F), maker.random({out}, 0.2F)});
}

// That every cell says what the network says of its window.
void expectEveryWindow(GraphMaker& maker, const Graph& graph, const DenseGraph& dense) {
    ASSERT_EQ(dense.report.fidelity, DenseFidelity::kExact)
        << (dense.report.reasons.empty() ? "" : dense.report.reasons[0]);
    const std::int64_t step = dense.stride_px.height;
    Tensor picture(Shape{1, 3, kWindow + step, kWindow + 2 * step});
    for (float& value : picture.values())
        value = maker.next();
    const Tensor map = test::run(dense.graph, picture).front();
    for (std::int64_t row = 0; row < 2; ++row) {
        for (std::int64_t column = 0; column < 3; ++column) {
            const Tensor window =
                test::cropped(picture, row * step, column * step, kWindow, kWindow);
            const Tensor scores = test::run(graph, window).front();
            ASSERT_EQ(map.shape(),
                      (Shape{1, static_cast<std::int64_t>(scores.values().size()), 2, 3}));
            for (std::size_t k = 0; k < scores.values().size(); ++k) {
                EXPECT_NEAR(test::at(map, static_cast<std::int64_t>(k), row, column),
                            scores.values()[k], 1e-5)
                    << row << ',' << column << ": " << k;
            }
        }
    }
}

// f * sigmoid(W f): the list of a map's cells, each weighed by all of them. It is no
// squeeze-excite, whatever number of channels the map has.
TEST(DensePairs, AListOfCellsIsWeighedPlaceByPlace) {
    for (const std::int64_t channels : {1, 8}) {
        for (const bool gate_first : {false, true}) {
            GraphMaker maker(Shape{1, 3, kWindow, kWindow});
            const ValueId map = maker.conv(
                maker.input(),
                {.in = 3, .out = channels, .window = {.kernel = {2, 2}, .stride = {2, 2}}});
            const ValueId f = flat(maker, map);
            const std::int64_t numbers = 16 * channels;
            const ValueId gate =
                maker.node(net::Activate{net::Activation::of(net::Curve::kSigmoid)},
                           {gemm(maker, f, numbers, numbers)});
            const ValueId weighed = maker.node(
                net::Arithmetic{}, gate_first ? std::vector{gate, f} : std::vector{f, gate});
            const Graph graph = maker.finish({gemm(maker, weighed, numbers, 5)});
            SCOPED_TRACE(channels);
            expectEveryWindow(maker, graph, net::makeDense(graph, static_cast<int>(kWindow)));
        }
    }
}

TEST(DensePairs, WhatCannotSlideSaysWhichOperator) {
    GraphMaker maker(Shape{1, 3, kWindow, kWindow});
    const auto obstacle = [&](const net::Op& op, const Shape& constant) {
        const ValueId y = maker.node(op, {maker.input(), maker.random(constant, 1)});
        const DenseGraph dense = net::makeDense(maker.finish({y}), static_cast<int>(kWindow));
        EXPECT_EQ(dense.report.fidelity, DenseFidelity::kClassificationOnly);
        return dense.report.reasons.at(0);
    };
    using Kind = net::Arithmetic::Kind;
    for (const net::Op& op :
         {net::Op(net::Add{}), net::Op(net::Arithmetic{Kind::kMultiply}),
          net::Op(net::Arithmetic{Kind::kDivide}), net::Op(net::Arithmetic{Kind::kPower})}) {
        const std::string pixels = obstacle(op, {1, 3, kWindow, kWindow});
        EXPECT_NE(pixels.find("differs between the pixels"), std::string::npos) << pixels;
        EXPECT_EQ(pixels.find("adds"), std::string::npos) << pixels;
        const std::string shape = obstacle(op, {2, 1, 1, 1});
        EXPECT_NE(shape.find("changes its shape"), std::string::npos) << shape;
        EXPECT_EQ(shape.find("adds"), std::string::npos) << shape;
    }
}

}  // namespace
}  // namespace overfeat
