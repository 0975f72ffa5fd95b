// SPDX-License-Identifier: Apache-2.0
//
// The parity suite over the wire: every case is written for a server, which computes what was
// written.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <ostream>
#include <string>

#include "engine/backend/kserve/kserve_backend.h"
#include "engine/backend/reference/reference_backend.h"
#include "engine/core/error.h"
#include "tests/engine/backend/parity_cases.h"
#include "tests/engine/backend/server/inference_server.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::backend::kserve {
namespace {

using test::ParityCase;

// With HTTP's extension for binary numbers, and without; over gRPC with numbers beside the tensors,
// and in them.
struct Way {
    std::string name;
    Protocol protocol;
    std::string option;
    std::string server;
};

void PrintTo(const Way& way, std::ostream* out) {
    *out << way.name;
}

class KserveParity : public ::testing::TestWithParam<Way> {};

TEST_P(KserveParity, EqualsTheReference) {
    if (test::serverMissing(GetParam().protocol)) return;
    const test::TemporaryFolder models;
    for (const ParityCase& one : test::parityCases())
        test::serve(models.path(), one.name, one.graph, one.input);
    const test::InferenceServer server(models.path(), {"--fault", GetParam().option},
                                       GetParam().protocol);
    for (const ParityCase& one : test::parityCases()) {
        SCOPED_TRACE(test::describe(one));
        // Whoever waits here waits for a machine that is busy.
        const KserveBackend backend(
            parseAddress(server.device(one.name)), referenceBackend(),
            {.asking = std::chrono::minutes(2), .running = std::chrono::minutes(2)});
        ASSERT_EQ(backend.supports(one.graph), std::nullopt);
        const auto expected = referenceBackend().compile(one.graph, one.input, {});
        const auto actual = backend.compile(one.graph, one.input, {});
        ASSERT_EQ(actual->statistics().description,
                  one.name + " at 127.0.0.1:" + std::to_string(server.port()) + " (" +
                      GetParam().server + ")");
        std::uint32_t state = 7;
        for (std::size_t i = 0; i < expected->input().size(); ++i) {
            state = state * 1664525U + 1013904223U;
            expected->input()[i] = actual->input()[i] =
                static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
        }
        expected->run();
        actual->run();
        actual->run();
        EXPECT_TRUE(std::ranges::equal(actual->input(), expected->input())) << "overwritten";
        ASSERT_EQ(actual->outputCount(), expected->outputCount());
        for (std::size_t i = 0; i < expected->outputCount(); ++i) {
            ASSERT_EQ(actual->outputShape(i), expected->outputShape(i));
            float largest = 0;
            for (const float value : expected->output(i))
                largest = std::max(largest, std::abs(value));
            EXPECT_TRUE(std::ranges::equal(
                actual->output(i), expected->output(i),
                [&](float a, float e) { return std::abs(a - e) <= 1e-5F * largest; }))
                << "output " << i;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Every, KserveParity,
                         ::testing::Values(Way{"binary", Protocol::kHttp, "", "fake 1"},
                                           Way{"json", Protocol::kHttp, "no-binary", "fake 1"},
                                           Way{"grpc", Protocol::kGrpc, "", "fake 1, gRPC"},
                                           Way{"grpc_contents", Protocol::kGrpc, "contents",
                                               "fake 1, gRPC"}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace overfeat::backend::kserve
