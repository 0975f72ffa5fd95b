// SPDX-License-Identifier: Apache-2.0
//
// ResNet-18 as a whole, on every backend, against the reference: what twenty layers add up to.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/backend/reference/reference_backend.h"
#include "tests/engine/backend/simulated/tested_backends.h"
#include "tests/engine/backend/test_networks.h"
#include "tests/support/capability.h"

namespace overfeat::backend {
namespace {

class ResNet18 : public ::testing::TestWithParam<const Backend*> {};

TEST_P(ResNet18, EqualsTheReference) {
    const Backend& backend = *GetParam();
    if (test::missing(std::string(backend.name()), backend.probe().available)) return;
    const net::Graph graph = test::residualNetwork18();
    const Shape input{1, 3, 64, 96};
    const auto run = [&](const Backend& on) {
        const auto plan = on.compile(graph, input, {.threads = 2});
        float value = -1;
        for (float& to : plan->input()) {
            to = value;
            value = value > 0.98F ? -1 : value + 0.0173F;
        }
        plan->run();
        return std::vector(plan->output(0).begin(), plan->output(0).end());
    };
    const std::vector<float> expected = run(referenceBackend());
    const std::vector<float> actual = run(backend);
    ASSERT_EQ(expected.size(), 2 * 1000U);
    ASSERT_EQ(actual.size(), expected.size());
    float largest = 0;
    float apart = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_TRUE(std::isfinite(actual[i])) << i;
        largest = std::max(largest, std::abs(expected[i]));
        apart = std::max(apart, std::abs(actual[i] - expected[i]));
    }
    EXPECT_GT(largest, 0.01F) << "there is something to compare";
    EXPECT_LE(apart, 1e-4F * largest);
}

INSTANTIATE_TEST_SUITE_P(All, ResNet18,
                         ::testing::ValuesIn(test::testedBackends().begin(),
                                             test::testedBackends().end()),
                         [](const auto& instance) { return std::string(instance.param->name()); });

}  // namespace
}  // namespace overfeat::backend
