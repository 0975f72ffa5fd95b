// SPDX-License-Identifier: Apache-2.0
//
// The oracle itself, against numbers worked out by hand.
#include "engine/backend/reference/reference_backend.h"

#include <gtest/gtest.h>

#include <numeric>

#include "engine/core/error.h"
#include "tests/engine/backend/graph_maker.h"

namespace overfeat::backend {
namespace {

using net::SlidingWindow;
using test::GraphMaker;

std::vector<float> counting(std::int64_t count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    std::iota(values.begin(), values.end(), 1.0F);
    return values;
}

std::vector<float> outputOf(const net::Graph& graph, const Shape& shape,
                            const std::vector<float>& input) {
    const auto plan = referenceBackend().compile(graph, shape, {});
    EXPECT_EQ(plan->input().size(), input.size());
    std::ranges::copy(input, plan->input().begin());
    plan->run();
    const auto output = plan->output(0);
    EXPECT_EQ(static_cast<std::int64_t>(output.size()), plan->outputShape(0).elementCount());
    return {output.begin(), output.end()};
}

TEST(Reference, ConvolutionDoesNotFlipItsKernel) {
    GraphMaker make({1, 1, 2, 3});
    const auto weight = make.constant({1, 1, 1, 2}, {10, 1});
    const auto bias = make.constant({1}, {0.5F});
    const auto y = make.node(net::Conv{{.kernel = {1, 2}}}, {make.input(), weight, bias});
    EXPECT_EQ(outputOf(make.finish({y}), {1, 1, 2, 3}, counting(6)),
              (std::vector<float>{12.5F, 23.5F, 45.5F, 56.5F}));
}

TEST(Reference, ConvolutionPadsStridesDilatesAddsAndActivatesInThisOrder) {
    GraphMaker make({1, 1, 1, 5});
    const auto weight = make.constant({1, 1, 1, 2}, {1, 1});
    const auto bias = make.constant({1}, {-8});
    const auto residual = make.constant({1, 1, 1, 3}, {1, 1, 100});
    const SlidingWindow window{
        .kernel = {1, 2}, .stride = {1, 2}, .dilation = {1, 2}, .padding = {.left = 1, .right = 1}};
    const auto y = make.node(net::Conv{window, 1, {.low = 0, .high = 6}},
                             {make.input(), weight, bias, residual});
    // Pairs (pad, 2), (2, 4), (4, pad): 2, 6, 4; with bias -6, -2, -4; with residual -5, -1, 96.
    EXPECT_EQ(outputOf(make.finish({y}), {1, 1, 1, 5}, counting(5)), (std::vector<float>{0, 0, 6}));
}

TEST(Reference, GroupsSeeOnlyTheirChannels) {
    GraphMaker make({1, 4, 1, 1});
    const auto weight = make.constant({2, 2, 1, 1}, {1, 10, 100, 1000});
    const auto y =
        make.node(net::Conv{{.kernel = {1, 1}}, 2}, {make.input(), weight, net::kNoValue});
    EXPECT_EQ(outputOf(make.finish({y}), {1, 4, 1, 1}, counting(4)),
              (std::vector<float>{21, 4300}));
}

TEST(Reference, MaxPoolingIgnoresPaddingAndReachesOverTheEdgeInCeilMode) {
    GraphMaker make({1, 1, 1, 4});
    const SlidingWindow window{.kernel = {1, 2}, .stride = {1, 2}, .padding = {.left = 1}};
    const auto y = make.node(net::MaxPool{window, true}, {make.input()});
    EXPECT_EQ(outputOf(make.finish({y}), {1, 1, 1, 4}, {-4, -3, -2, -1}),
              (std::vector<float>{-4, -2, -1}));
}

TEST(Reference, AveragePoolingCountsPaddingOnlyWhenTold) {
    const SlidingWindow window{.kernel = {1, 2}, .padding = {.left = 1}};
    for (const bool counted : {false, true}) {
        GraphMaker make({1, 1, 1, 2});
        const auto y = make.node(net::AveragePool{window, false, counted}, {make.input()});
        EXPECT_EQ(outputOf(make.finish({y}), {1, 1, 1, 2}, {2, 4}),
                  (std::vector<float>{counted ? 1.0F : 2.0F, 3}));
    }
}

TEST(Reference, GlobalAverageBatchNormalisationAndBroadcastAddition) {
    GraphMaker make({1, 2, 1, 2});
    const auto scale = make.constant({2}, {2, 1});
    const auto bias = make.constant({2}, {1, 0});
    const auto mean = make.constant({2}, {1, 3});
    const auto variance = make.constant({2}, {4, 1});
    const auto normal = make.node(net::BatchNormalization{.epsilon = 0},
                                  {make.input(), scale, bias, mean, variance});
    const auto shift = make.constant({2, 1, 1}, {0, 10});
    const auto shifted = make.node(net::Add{}, {normal, shift});
    const auto y = make.node(net::GlobalAveragePool{}, {shifted});
    // Channel 0: (1, 2) -> (1, 2), average 1.5; channel 1: (3, 4) -> (0, 1) + 10, average 10.5.
    EXPECT_EQ(outputOf(make.finish({y}), {1, 2, 1, 2}, counting(4)),
              (std::vector<float>{1.5F, 10.5F}));
}

TEST(Reference, GemmTransposesScalesAndBroadcasts) {
    GraphMaker make({2, 2});
    const auto b = make.constant({1, 2}, {1, 10});
    const auto c = make.constant({1}, {1});
    const auto y =
        make.node(net::Gemm{.alpha = 2, .beta = 3, .transpose_a = true, .transpose_b = true},
                  {make.input(), b, c});
    // A' = [[1, 3], [2, 4]]; rows times (1, 10): 31, 42; times 2 plus 3.
    EXPECT_EQ(outputOf(make.finish({y}), {2, 2}, counting(4)), (std::vector<float>{65, 87}));
}

TEST(Reference, ConcatenatesAlongAnInnerAxis) {
    GraphMaker make({1, 2, 1, 2});
    const auto other = make.constant({1, 2, 1, 1}, {8, 9});
    const auto y = make.node(net::Concat{.axis = -1}, {make.input(), other});
    EXPECT_EQ(outputOf(make.finish({y}), {1, 2, 1, 2}, counting(4)),
              (std::vector<float>{1, 2, 8, 3, 4, 9}));
}

TEST(Reference, SoftmaxIsPerCellAndSafeForLargeNumbers) {
    GraphMaker make({1, 2, 1, 2});
    const auto y = make.node(net::Softmax{.axis = 1}, {make.input()});
    const auto result = outputOf(make.finish({y}), {1, 2, 1, 2}, {1000, 0, 1000, std::log(3.0F)});
    EXPECT_FLOAT_EQ(result[0], 0.5F);
    EXPECT_FLOAT_EQ(result[2], 0.5F);
    EXPECT_FLOAT_EQ(result[1], 0.25F);
    EXPECT_FLOAT_EQ(result[3], 0.75F);
}

TEST(Reference, SoftmaxOfOldOpsetsRunsOverAllLaterAxes) {
    GraphMaker make({1, 2, 2});
    const auto y = make.node(net::Softmax{.axis = 1, .flattens_from_axis = true}, {make.input()});
    EXPECT_EQ(outputOf(make.finish({y}), {1, 2, 2}, {5, 5, 5, 5}), (std::vector<float>(4, 0.25F)));
}

TEST(Reference, ConstantsAndTheInputMayBeOutputs) {
    GraphMaker make({1, 1, 1, 1});
    const auto constant = make.constant({2}, {7, 8});
    const auto same = make.node(net::Identity{}, {make.input()});
    const auto plan =
        referenceBackend().compile(make.finish({constant, make.input(), same}), {1, 1, 1, 1}, {});
    plan->input()[0] = 3;
    plan->run();
    EXPECT_EQ(plan->output(0)[1], 8);
    EXPECT_EQ(plan->output(1)[0], 3);
    EXPECT_EQ(plan->output(2)[0], 3);
}

TEST(Reference, ProfileNamesEveryLayer) {
    GraphMaker make({1, 4, 8, 8});
    const SlidingWindow window{.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1, 1, 1}};
    const auto hidden = make.conv(make.input(), {.in = 4, .out = 4, .window = window, .groups = 4});
    const auto y = make.node(net::MaxPool{{.kernel = {2, 2}, .dilation = {2, 2}}}, {hidden});
    const auto plan = referenceBackend().compile(make.finish({y}), {1, 4, 8, 8}, {});
    const auto timings = plan->profile();
    ASSERT_EQ(timings.size(), 2U);
    EXPECT_EQ(timings[0].op, "Conv 3x3/2 groups 4");
    EXPECT_EQ(timings[0].multiply_adds, 4 * 4 * 4 * 9);
    EXPECT_EQ(timings[1].op, "MaxPool 2x2 d2");
    EXPECT_EQ(timings[1].node, "n1");
}

}  // namespace
}  // namespace overfeat::backend
