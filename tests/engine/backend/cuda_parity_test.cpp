// SPDX-License-Identifier: Apache-2.0
//
// The ways around a library that refuses convolutions: each gives the numbers of the reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/backend/reference/reference_backend.h"
#include "tests/engine/backend/parity_cases.h"
#include "tests/engine/backend/simulated/simulated_device.h"

namespace overfeat::backend {
namespace {

using test::ParityCase;

void fillByNumber(std::span<float> input) {
    for (std::size_t i = 0; i < input.size(); ++i)
        input[i] = static_cast<float>(i * 7919 % 1000) / 500 - 1;
}

// Which implementations there are.
std::string expectParity(const cuda::CudaBackend& backend, const ParityCase& parity_case) {
    SCOPED_TRACE(parity_case.name);
    const auto expected = referenceBackend().compile(parity_case.graph, parity_case.input, {});
    const auto actual = backend.compile(parity_case.graph, parity_case.input, {});
    fillByNumber(expected->input());
    fillByNumber(actual->input());
    expected->run();
    actual->run();
    for (std::size_t i = 0; i < expected->outputCount(); ++i) {
        const auto e = expected->output(i);
        const auto a = actual->output(i);
        float largest = 0;
        for (const float value : e)
            largest = std::max(largest, std::abs(value));
        const auto wrong = std::ranges::mismatch(
            a, e, [&](float x, float y) { return std::abs(x - y) <= 2e-5F * largest; });
        EXPECT_EQ(wrong.in2, e.end()) << "output " << i << " differs at " << wrong.in2 - e.begin();
    }
    std::string used;
    for (const LayerTiming& timing : actual->profile())
        used += timing.implementation + ' ';
    return used;
}

struct Way {
    const char* name;
    test::SimulatedDevice::Options options;
    const char* never_used;
    const char* used_somewhere;
};

class CudaConvolution : public ::testing::TestWithParam<Way> {};

TEST_P(CudaConvolution, EqualsTheReference) {
    const Way& way = GetParam();
    const test::SimulatedDevice device(way.options);
    const cuda::CudaBackend backend("simulated", [&] { return cuda::Device{&device.api(), {}}; });
    std::string used;
    for (const ParityCase& parity_case : test::parityCases()) {
        const bool convolves = std::ranges::any_of(parity_case.graph.nodes, [](const auto& node) {
            return std::holds_alternative<net::Conv>(node.op) ||
                   std::holds_alternative<net::Gemm>(node.op);
        });
        if (convolves) used += expectParity(backend, parity_case);
    }
    EXPECT_EQ(used.find(way.never_used), std::string::npos);
    EXPECT_NE(used.find(way.used_somewhere), std::string::npos);
    EXPECT_EQ(device.fault(), "");
    EXPECT_EQ(device.things(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, CudaConvolution,
    ::testing::Values(
        Way{"fused", {}, "nothing like it", "cudnn:fused "},
        Way{"without_fusion", {.knows_fusion = false}, "cudnn:fused", "cudnn kernel:combine "},
        Way{"without_padding", {.knows_padding = false}, "nothing like it", "kernel:pad cudnn"},
        Way{"without_convolutions", {.knows_convolutions = false}, "cudnn", "kernel:direct "},
        Way{"in_small_parts", {.work_per_look = 500}, "nothing like it", "cudnn:fused "}),
    [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace overfeat::backend
