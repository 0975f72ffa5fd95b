// SPDX-License-Identifier: Apache-2.0
//
// The one parity suite: every backend x every case, against the reference. A new row in the
// registry is tested here without a change.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/backend/reference/reference_backend.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/backend/parity_cases.h"
#include "tests/engine/backend/simulated/tested_backends.h"
#include "tests/support/capability.h"

namespace overfeat::backend {
namespace {

using test::ParityCase;

// The largest difference allowed, as a part of the largest value, by kind of layer: sums of
// thousands of products in float lose about six bits, copies lose nothing.
double limitFor(const net::Node& node) {
    const std::string_view op = net::opName(node.op);
    if (op == "Conv" || op == "Gemm" || op == "MatMul") return 2e-5;
    // A root or a quotient of what is nearly nothing.
    if (op == "LayerNormalization" || op == "Div" || op == "Pow") return 1e-5;
    if (op == "AveragePool" || op == "GlobalAveragePool" || op == "ReduceMean") return 2e-6;
    if (op == "Softmax" || op == "BatchNormalization" || op == "Add") return 2e-6;
    if (op == "Sub" || op == "Mul") return 2e-6;
    const auto* activate = std::get_if<net::Activate>(&node.op);
    if (activate != nullptr && !activate->activation.clips()) return 2e-6;
    return 0;  // MaxPool, Concat, Flatten, Identity and whatever else moves numbers
}

double limitFor(const net::Graph& graph) {
    double limit = 0;
    for (const net::Node& node : graph.nodes)
        limit = std::max(limit, limitFor(node));
    return limit;
}

void fillInput(std::span<float> input) {
    std::uint32_t state = 12345;
    for (float& value : input) {
        state = state * 1664525U + 1013904223U;
        value = static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
    }
}

struct Parameter {
    const Backend* backend;
    const ParityCase* parity_case;
};

class Parity : public ::testing::TestWithParam<Parameter> {};

TEST_P(Parity, EqualsTheReference) {
    const auto& [backend, parity_case] = GetParam();
    if (test::missing(std::string(backend->name()), backend->probe().available)) return;
    SCOPED_TRACE(std::string(backend->name()) + ": " + test::describe(*parity_case));
    ASSERT_EQ(backend->supports(parity_case->graph), std::nullopt);

    const auto expected = referenceBackend().compile(parity_case->graph, parity_case->input, {});
    const auto actual = backend->compile(parity_case->graph, parity_case->input, {.threads = 2});
    fillInput(expected->input());
    fillInput(actual->input());
    expected->run();
    // Twice: whatever the first run leaves behind in shared memory must not matter.
    actual->run();
    actual->run();
    EXPECT_TRUE(std::ranges::equal(actual->input(), expected->input())) << "input overwritten";

    const double limit = limitFor(parity_case->graph);
    ASSERT_EQ(actual->outputCount(), expected->outputCount());
    for (std::size_t i = 0; i < expected->outputCount(); ++i) {
        ASSERT_EQ(actual->outputShape(i), expected->outputShape(i));
        const auto a = actual->output(i);
        const auto e = expected->output(i);
        ASSERT_EQ(a.size(), e.size());
        double largest = 0;
        for (const float value : e)
            largest = std::max(largest, std::abs(double{value}));
        std::size_t wrong = 0;
        for (std::size_t k = 0; k < e.size(); ++k) {
            // Written so that NaN is wrong.
            const bool right = std::abs(double{a[k]} - e[k]) <= limit * largest;
            if (!right && wrong++ == 0) {
                ADD_FAILURE() << "output " << i << " element " << k << ": " << a[k]
                              << " instead of " << e[k] << ", largest " << largest << ", limit "
                              << limit;
            }
        }
        EXPECT_EQ(wrong, 0U) << "of " << e.size() << " elements of output " << i;
    }
}

std::vector<Parameter> parameters() {
    std::vector<Parameter> list;
    for (const Backend* backend : test::testedBackends())
        for (const ParityCase& parity_case : test::parityCases())
            list.push_back({backend, &parity_case});
    return list;
}

std::string nameOf(const ::testing::TestParamInfo<Parameter>& test) {
    return std::string(test.param.backend->name()) + "_" + test.param.parity_case->name;
}

INSTANTIATE_TEST_SUITE_P(Every, Parity, ::testing::ValuesIn(parameters()), nameOf);

TEST(ParityCases, CoverEveryOperatorOfTheGraph) {
    std::vector<bool> seen(std::variant_size_v<net::Op>, false);
    for (const ParityCase& parity_case : test::parityCases())
        for (const net::Node& node : parity_case.graph.nodes)
            seen[node.op.index()] = true;
    for (std::size_t i = 0; i < seen.size(); ++i)
        EXPECT_TRUE(seen[i]) << "operator number " << i << " of net::Op has no case";
}

}  // namespace
}  // namespace overfeat::backend
