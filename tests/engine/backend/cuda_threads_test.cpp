// SPDX-License-Identifier: Apache-2.0
//
// Plans of several threads share a card, its backend and the weights.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <vector>

#include "engine/backend/cuda/cuda_backend.h"
#include "tests/engine/backend/simulated/simulated_device.h"
#include "tests/engine/backend/test_networks.h"

namespace overfeat::backend {
namespace {

TEST(CudaThreads, RunTheirOwnPlans) {
    const test::SimulatedDevice device;
    const cuda::CudaBackend backend("simulated", [&] { return cuda::Device{&device.api(), {}}; });
    const net::Graph graph = test::denseNetwork();
    const auto computed = [&] {
        const auto plan = backend.compile(graph, {1, 3, 24, 20}, {});
        std::ranges::fill(plan->input(), 0.25F);
        std::vector<float> all;
        for (int i = 0; i < 3; ++i) {
            plan->run();
            all.insert(all.end(), plan->output(0).begin(), plan->output(0).end());
        }
        return all;
    };
    std::vector<std::future<std::vector<float>>> seen;
    for (int i = 0; i < 4; ++i)
        seen.push_back(std::async(std::launch::async, computed));
    for (const auto& one : seen)
        one.wait();
    const std::vector<float> expected = computed();
    EXPECT_FALSE(expected.empty());
    for (auto& one : seen)
        EXPECT_EQ(one.get(), expected);
    EXPECT_EQ(device.things(), 0);
    EXPECT_EQ(device.fault(), "");
}

}  // namespace
}  // namespace overfeat::backend
