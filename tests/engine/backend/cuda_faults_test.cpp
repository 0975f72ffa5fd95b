// SPDX-License-Identifier: Apache-2.0
//
// Whatever call fails, and however: an error, nothing leaked, and a plan that says it is done.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/core/error.h"
#include "tests/engine/backend/simulated/simulated_device.h"
#include "tests/engine/backend/test_networks.h"

namespace overfeat::backend {
namespace {

using cuda::Status;

const Shape kInput{1, 3, 20, 20};

cuda::CudaBackend backendOn(const test::SimulatedDevice& device) {
    return {"simulated", [&device] { return cuda::Device{&device.api(), {}}; }};
}

std::vector<float> outputsOf(Plan& plan) {
    std::ranges::fill(plan.input(), 0.25F);
    plan.run();
    return {plan.output(0).begin(), plan.output(0).end()};
}

// Compiles, runs, measures, runs. Returns what went wrong.
std::optional<Error> useDevice(const cuda::CudaBackend& backend, const net::Graph& graph) {
    std::unique_ptr<Plan> plan;
    try {
        plan = backend.compile(graph, kInput, {});
        plan->run();
        plan->profile();
        plan->run();
        return std::nullopt;
    } catch (const Error& error) {
        if (!plan) return error;
        // It is of no use any more, whether the device has recovered or not.
        try {
            plan->run();
            ADD_FAILURE() << "a plan ran after: " << error.what();
        } catch (const Error& again) {
            EXPECT_EQ(again.code(), ErrorCode::kDeviceLost);
            EXPECT_NE(std::string(again.what()).find("any more"), std::string::npos);
        }
        EXPECT_THROW(plan->profile(), Error);
        return error;
    }
}

class CudaFaults : public ::testing::TestWithParam<std::pair<Status, bool>> {};

TEST_P(CudaFaults, AtEveryCall) {
    const auto [status, lost] = GetParam();
    test::SimulatedDevice device({.work_per_look = std::int64_t{1} << 40});
    const cuda::CudaBackend backend = backendOn(device);
    const net::Graph graph = test::denseNetwork();
    const std::vector<float> expected = outputsOf(*backend.compile(graph, kInput, {}));
    std::int64_t call = 0;
    for (bool failed = true; failed;) {
        device.failAt(++call, status, lost);
        const auto error = useDevice(backend, graph);
        device.repair();
        failed = error.has_value();
        if (failed) {
            EXPECT_EQ(error->code(), ErrorCode::kDeviceLost) << "call " << call;
            EXPECT_GT(std::string(error->what()).size(), 20U);
        }
        ASSERT_EQ(device.things(), 0) << "left behind after call " << call;
        ASSERT_EQ(device.fault(), "") << "call " << call;
    }
    RecordProperty("calls", static_cast<int>(call - 1));
    std::cout << "each of " << call - 1 << " calls failed once\n";
    EXPECT_GT(call, 100);
    EXPECT_EQ(outputsOf(*backend.compile(graph, kInput, {})), expected) << "does not recover";
}

std::string nameOfFault(const ::testing::TestParamInfo<std::pair<Status, bool>>& test) {
    if (test.param.first == Status::kOutOfMemory) return "OutOfMemory";
    return test.param.second ? "Lost" : "OneCall";
}

INSTANTIATE_TEST_SUITE_P(Every, CudaFaults,
                         ::testing::Values(std::pair{Status::kFailed, true},
                                           std::pair{Status::kFailed, false},
                                           std::pair{Status::kOutOfMemory, false}),
                         nameOfFault);

TEST(CudaMemory, ASmallCardIsFullWithASentence) {
    test::SimulatedDevice device({.memory_bytes = std::int64_t{1} << 30});
    const cuda::CudaBackend backend = backendOn(device);
    const net::Graph graph = test::denseNetwork();
    try {
        backend.compile(graph, {1, 3, 3000, 3000}, {.max_workspace_bytes = std::int64_t{1} << 40});
        FAIL() << "a gigabyte is enough";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kDeviceLost);
        EXPECT_NE(std::string(error.what()).find("not enough free memory"), std::string::npos)
            << error.what();
    }
    EXPECT_EQ(device.things(), 0);
}

TEST(CudaMemory, PlansOfOneNetworkShareTheirWeights) {
    test::SimulatedDevice device;
    const cuda::CudaBackend backend = backendOn(device);
    const net::Graph graph = test::denseNetwork();
    const auto one = backend.compile(graph, kInput, {});
    const std::int64_t with_one = device.bytes();
    const auto two = backend.compile(graph, kInput, {});
    const std::int64_t more = device.bytes() - with_one;
    EXPECT_LT(more, with_one - one->statistics().weight_bytes / 2);
    EXPECT_GT(one->statistics().weight_bytes, 100'000);
}

}  // namespace
}  // namespace overfeat::backend
