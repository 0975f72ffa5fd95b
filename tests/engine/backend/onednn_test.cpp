// SPDX-License-Identifier: Apache-2.0
//
// That oneDNN plans are made of the code they are meant to be made of. No clock is involved.
#include "engine/backend/onednn/onednn_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

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

// Code made at run time for the shape: for blocks of channels ("jit"), or, on AVX-512, by batched
// matrix multiplication ("brgconv", "brdgmm").
bool isGenerated(const std::string& implementation) {
    return implementation.starts_with("jit") || implementation.starts_with("br");
}

void expectGeneratedCodeOnly(Plan& plan) {
    const PlanStatistics statistics = plan.statistics();
    // oneDNN 2.6 mixes both kinds of code in networks with depthwise convolutions; they want
    // different layouts, and going over and back costs two reorders.
    const auto names = convolutionCode(plan);
    const bool mixed = std::ranges::any_of(
        names, [](const std::string& name) { return name.starts_with("brdgmm"); });
    EXPECT_LE(statistics.reorders_per_run, mixed ? 2 : 0);
    for (const LayerTiming& timing : plan.profile()) {
        if (timing.multiply_adds > 0 && !isGenerated(timing.implementation))
            ADD_FAILURE() << timing.node << " (" << timing.op << ") fell back to "
                          << timing.implementation;
        EXPECT_NE(timing.op, "Halo") << timing.node;
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
    EXPECT_NE(all.find("jit_1x1:"), std::string::npos) << all;
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
        EXPECT_TRUE(name.starts_with("jit")) << name;
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
            if (timing.multiply_adds == 0 || timing.op == "Gemm") continue;
            EXPECT_TRUE(isGenerated(timing.implementation))
                << timing.implementation << " for " << test::describe(parity_case);
        }
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
