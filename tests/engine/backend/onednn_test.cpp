// SPDX-License-Identifier: Apache-2.0
//
// That oneDNN plans are made of the code they are meant to be made of. No clock is involved.
#include "engine/backend/onednn/onednn_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/backend/onednn/winograd_kernels.h"
#include "engine/core/error.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/backend/parity_cases.h"
#include "tests/engine/backend/test_networks.h"
#include "tests/support/capability.h"

namespace overfeat::backend {
namespace {

std::unique_ptr<Plan> compiled(const net::Graph& graph, const Shape& input) {
    return onednnBackend().compile(graph, input, {.threads = 2});
}

// The names of the code that the convolutions of a plan run on.
std::set<std::string> convolutionCode(Plan& plan) {
    std::set<std::string> names;
    for (const LayerTiming& timing : plan.profile())
        if (timing.multiply_adds > 0) names.insert(timing.implementation);
    return names;
}

// Code made at run time for the shape, or of our own: convolution proper ("jit", "winograd"), or,
// on AVX-512 with channels last, by batched matrix multiplication ("brgconv", "brdgmm"). oneDNN 3.7
// has one whose output is one pixel made by its inner product, and cuts that one's name:
// "ip:any+emm:avx512_core" is "brgemm".
bool isGenerated(const std::string& implementation) {
    return implementation.starts_with("jit") || implementation.starts_with("br") ||
           implementation.starts_with("winograd") || implementation == "ip:any+emm:avx512_core";
}

void expectGeneratedCodeOnly(Plan& plan, bool may_pad = false) {
    EXPECT_EQ(plan.statistics().reorders_per_run, 0);
    for (const LayerTiming& timing : plan.profile()) {
        if (timing.multiply_adds > 0 && !isGenerated(timing.implementation))
            ADD_FAILURE() << timing.node << " (" << timing.op << ") fell back to "
                          << timing.implementation;
        EXPECT_TRUE(may_pad || timing.op != "Halo") << timing.node;
        EXPECT_NE(timing.op, "Copy") << timing.node;
    }
}

bool isMissing() {
    return test::missing("onednn", onednnBackend().probe().available);
}

TEST(Onednn, ProbeNamesVersionInstructionsAndThreads) {
    if (isMissing()) return;
    const std::string sentence = onednnBackend().probe().sentence;
    EXPECT_EQ(sentence.rfind("oneDNN ", 0), 0U) << sentence;
    EXPECT_NE(sentence.find("thread"), std::string::npos) << sentence;
}

TEST(Onednn, ADenseFineStridedNetworkRunsOnGeneratedCodeWithoutReorders) {
    if (isMissing()) return;
    const auto plan = compiled(test::denseNetwork(), {1, 3, 96, 128});
    expectGeneratedCodeOnly(*plan);
    EXPECT_LE(plan->statistics().output_conversions, 2);  // boxes and features
}

TEST(Onednn, AMobileNetworkRunsOnGeneratedCodeWithoutReorders) {
    if (isMissing()) return;
    const auto plan = compiled(test::mobileNetwork(), {1, 3, 96, 96});
    expectGeneratedCodeOnly(*plan);
    EXPECT_EQ(plan->statistics().output_conversions, 0);
    std::string all;
    for (const std::string& name : convolutionCode(*plan))
        all += name + ' ';
    EXPECT_TRUE(all.find("jit_dw:") != std::string::npos ||
                all.find("brdgmm_dw:") != std::string::npos)
        << all;  // depthwise has its own code
    EXPECT_TRUE(all.find("jit_1x1:") != std::string::npos ||
                all.find("brgconv_1x1:") != std::string::npos)
        << all;
}

// Branches of 24 and 20 channels, which fill neither blocks of 16 nor of 8.
net::Graph branchingNetwork(bool starts_with_normalisation) {
    test::GraphMaker make({1, 3, -1, -1});
    auto x = make.input();
    if (starts_with_normalisation) {
        x = make.node(net::BatchNormalization{},
                      {x, make.random({3}, 0.1F, 1), make.random({3}, 0.1F), make.random({3}, 0.1F),
                       make.random({3}, 0.1F, 1)});
    }
    const net::SlidingWindow same3x3{.kernel = {3, 3}, .padding = {1, 1, 1, 1}};
    const auto stem = make.conv(x, {.in = 3, .out = 16, .window = same3x3});
    const auto left = make.conv(stem, {.in = 16, .out = 24, .window = same3x3});
    const auto right = make.conv(stem, {.in = 16, .out = 20, .window = {.kernel = {1, 1}}});
    const auto shorter = make.node(net::Activate{net::Activation::relu()}, {right});
    const auto joined = make.node(net::Concat{1}, {shorter, left, stem});
    const auto pooled =
        make.node(net::MaxPool{{.kernel = {2, 2}, .stride = {2, 2}}, false}, {joined});
    const auto a = make.conv(pooled, {.in = 60, .out = 24, .window = same3x3});
    const auto b = make.conv(pooled, {.in = 60, .out = 24, .window = {.kernel = {1, 1}}});
    const auto sum = make.node(net::Add{net::Activation::relu()}, {a, b});
    return make.finish({make.node(net::GlobalAveragePool{}, {sum})});
}

TEST(Onednn, BranchesJoinWithoutReorders) {
    if (isMissing()) return;
    // A normalisation that is fused is a depthwise convolution of the three colours.
    expectGeneratedCodeOnly(*compiled(net::fuse(branchingNetwork(true)), {1, 3, 40, 56}));
    for (const bool starts_with_normalisation : {false, true})
        expectGeneratedCodeOnly(
            *compiled(branchingNetwork(starts_with_normalisation), {1, 3, 40, 56}));
}

TEST(Onednn, AFlattenedPictureIsMultipliedAsItLies) {
    if (isMissing()) return;
    test::GraphMaker make({2, 3, 24, 24});
    const auto x = make.conv(make.input(),
                             {.in = 3, .out = 24, .window = {.kernel = {4, 4}, .stride = {4, 4}}});
    const auto flat = make.node(net::Flatten{}, {x});
    const auto y = make.node(net::Gemm{.transpose_b = true},
                             {flat, make.random({40, 24 * 36}, 0.1F), make.random({40}, 1)});
    expectGeneratedCodeOnly(*compiled(make.finish({y}), {2, 3, 24, 24}));
}

// On single windows and at every stride.
TEST(Onednn, TheShippedModelsRunOnGeneratedCodeWithoutReorders) {
    if (isMissing()) return;
    for (const char* file : {"default.onnx", "light.onnx"}) {
        SCOPED_TRACE(file);
        const auto model = net::loadModel(test::sourceRoot() / "models" / file);
        const net::Graph window =
            net::fuse(net::withOutputs(model->graph, {model->scores, *model->boxes}));
        const std::int64_t side = model->window_px;
        const auto single = compiled(window, {1, 3, side, side});
        expectGeneratedCodeOnly(*single);
        EXPECT_EQ(single->statistics().output_conversions, 0);
        const net::DenseGraph dense = net::makeDense(window, model->window_px);
        for (int steps = 0; steps <= net::maxFineSteps(dense); ++steps) {
            SCOPED_TRACE(steps);
            // From two steps on dilations are 4 and more: see WidePaddingIsMadeReal...
            expectGeneratedCodeOnly(
                *compiled(net::refineStride(dense, steps).graph, {1, 3, 80, 96}), steps > 1);
        }
    }
}

// In blocks of 8 channels: all 3x3 convolutions of stride 1 that are worth it.
TEST(Onednn, TheShippedModelRunsOnWinogradWhereRegistersHoldEightNumbers) {
    if (isMissing()) return;
    const auto model = net::loadModel(test::sourceRoot() / "models" / "default.onnx");
    const net::Graph window = net::fuse(net::withOutputs(model->graph, {model->scores}));
    const net::DenseGraph dense = net::makeDense(window, model->window_px);
    for (int steps = 0; steps <= net::maxFineSteps(dense); ++steps) {
        const auto plan = compiled(net::refineStride(dense, steps).graph, {1, 3, 144, 192});
        int by_winograd = 0;
        for (const LayerTiming& timing : plan->profile()) {
            if (timing.implementation.find("avx512") != std::string::npos) return;
            by_winograd += timing.implementation == "winograd:avx2" ? 1 : 0;
        }
        // Finer strides make more of them: what was strided has gaps instead.
        EXPECT_GE(by_winograd, onednn::winograd::canRun() ? 9 : 0) << steps;
    }
}

TEST(Onednn, WidePaddingIsMadeRealInsteadOfFallingBack) {
    if (isMissing()) return;
    // The library's AVX2 code gives up on paddings of more than three columns.
    net::Graph graph = test::denseNetwork();
    for (net::Node& node : graph.nodes) {
        auto* conv = std::get_if<net::Conv>(&node.op);
        if (conv == nullptr || conv->window.dilation != net::Extent2{2, 2}) continue;
        conv->window.dilation = {4, 4};
        conv->window.padding = {4, 4, 4, 4};
    }
    const auto plan = compiled(graph, {1, 3, 96, 128});
    for (const std::string& name : convolutionCode(*plan))
        EXPECT_TRUE(isGenerated(name)) << name;
    EXPECT_EQ(plan->statistics().reorders_per_run, 0);
}

// Every convolution of the parity suite, and what is known to fall back. A name here that does not
// fall back any more (a newer library, wider registers) is no error.
TEST(Onednn, OnlyKnownConvolutionsFallBack) {
    if (isMissing()) return;
    const std::map<std::string, std::string> known{
        {"conv_groups_of_4", "4 channels per group do not fill a block of 8"},
        {"conv_groups_odd", "3 and 5 channels per group do not fill a block"},
        {"conv_groups_two_convolutions", "3 and 2 channels per group do not fill a block"},
        {"conv_depthwise_multiplier_2", "depthwise code makes one output per input channel"},
    };
    for (const test::ParityCase& parity_case : test::parityCases()) {
        if (known.contains(parity_case.name)) continue;
        const auto plan = compiled(parity_case.graph, parity_case.input);
        for (const LayerTiming& timing : plan->profile()) {
            const bool is_product = timing.op == "Gemm" || timing.op == "MatMul";
            if (timing.multiply_adds == 0 || is_product) continue;
            EXPECT_TRUE(isGenerated(timing.implementation))
                << timing.implementation << " for " << test::describe(parity_case);
        }
    }
}

// What `fuse` never makes is refused, and not computed without its end.
TEST(Onednn, AConvolutionDoesNotLoseItsActivation) {
    for (const net::Curve curve :
         {net::Curve::kErf, net::Curve::kSqrt, net::Curve::kFloor, net::Curve::kCeil}) {
        test::GraphMaker maker(Shape{1, 8, 6, 6});
        const net::ValueId y =
            maker.conv(maker.input(), {.in = 8,
                                       .out = 8,
                                       .window = {.kernel = {3, 3}},
                                       .activation = net::Activation::of(curve)});
        EXPECT_THROW(compiled(maker.finish({y}), {1, 8, 6, 6}), Error);
    }
}

TEST(Onednn, PlansOfOneNetworkShareTheirWeights) {
    if (isMissing()) return;
    const net::Graph graph = test::denseNetwork();
    const auto first = compiled(graph, {1, 3, 96, 128});
    const auto second = compiled(graph, {1, 3, 64, 64});
    EXPECT_EQ(first->statistics().weight_bytes, second->statistics().weight_bytes);
    const std::vector<float> before = [&] {
        std::ranges::fill(first->input(), 0.5F);
        first->run();
        return std::vector<float>(first->output(0).begin(), first->output(0).end());
    }();
    // The weights outlive the plan they were packed for, and the graph they came from.
    auto third = compiled(graph, {1, 3, 96, 128});
    std::ranges::fill(third->input(), 0.5F);
    third->run();
    EXPECT_TRUE(std::ranges::equal(third->output(0), before));
}

TEST(Onednn, BuffersShareMemoryByLifetime) {
    if (isMissing()) return;
    const net::Graph graph = test::mobileNetwork();
    const Shape input{1, 3, 96, 96};
    std::int64_t everything = 0;
    for (const Shape& shape : net::inferShapes(graph, input))
        everything += shape.elementCount() * 4;
    // The widest layer with its neighbours is about half of it.
    EXPECT_LT(compiled(graph, input)->statistics().workspace_bytes, everything * 2 / 3);
}

}  // namespace
}  // namespace overfeat::backend
