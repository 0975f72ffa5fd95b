// SPDX-License-Identifier: Apache-2.0
//
// The shipped networks say in the engine what they said in PyTorch, where they were trained.
// models/fixtures/NAME holds four normalised windows and PyTorch's answers, written by the recipe's
// export.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <tuple>
#include <vector>

#include "engine/backend/registry.h"
#include "engine/net/model.h"
#include "tests/support/capability.h"
#include "tests/support/file_bytes.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;

// The values of a version 1 .npy file of little-endian float32; empty if it is something else.
std::vector<float> readNpy(const fs::path& path) {
    const std::string bytes = test::bytesOf(path);
    constexpr std::size_t kPrefix = 10;  // magic, version, header length
    if (bytes.size() < kPrefix || bytes.compare(0, 6, "\x93NUMPY") != 0) return {};
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    const std::size_t start = kPrefix + byte(8) + std::size_t{256} * byte(9);
    if (start > bytes.size() || bytes.find("'<f4'") > start) return {};
    std::vector<float> values((bytes.size() - start) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + start, values.size() * sizeof(float));
    return values;
}

class ShippedModel : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {
};  // model, backend

TEST_P(ShippedModel, SaysWhatItSaidInPyTorch) {
    const auto [name, device] = GetParam();
    const fs::path models = sourceRoot() / "models";
    const fs::path fixtures = models / "fixtures" / name;
    const auto input = readNpy(fixtures / "parity_input.npy");
    ASSERT_EQ(input.size() % (3 * 64 * 64), 0U);
    const auto windows = static_cast<std::int64_t>(input.size() / (3 * 64 * 64));
    ASSERT_GE(windows, 1);

    const auto model = net::loadModel(models / (std::string(name) + ".onnx"));
    ASSERT_TRUE(model->boxes && model->features);
    const net::Graph graph =
        net::withOutputs(model->graph, {model->scores, *model->boxes, *model->features});
    const auto plan =
        backend::chooseBackend(device).backend->compile(graph, Shape{windows, 3, 64, 64}, {});
    ASSERT_EQ(plan->input().size(), input.size());
    std::ranges::copy(input, plan->input().begin());
    plan->run();

    const char* const names[] = {"parity_scores.npy", "parity_boxes.npy", "parity_features.npy"};
    for (std::size_t i = 0; i < std::size(names); ++i) {
        const auto expected = readNpy(fixtures / names[i]);
        const auto actual = plan->output(i);
        ASSERT_FALSE(expected.empty()) << names[i];
        ASSERT_EQ(actual.size(), expected.size()) << names[i];
        float largest = 0;
        float difference = 0;
        for (std::size_t k = 0; k < expected.size(); ++k) {
            largest = std::max(largest, std::abs(expected[k]));
            difference = std::max(difference, std::abs(actual[k] - expected[k]));
        }
        EXPECT_LE(difference, 1e-4F * std::max(largest, 1.0F)) << names[i];
    }
}

TEST(ShippedModels, AreSmallAndHaveTheSameClasses) {
    const fs::path models = sourceRoot() / "models";
    const auto first = net::loadModel(models / "default.onnx");
    const auto second = net::loadModel(models / "light.onnx");
    EXPECT_EQ(first->labels->size(), second->labels->size());
    for (std::size_t i = 0; i < first->labels->size(); ++i)
        EXPECT_EQ((*first->labels)[i].id, (*second->labels)[i].id);
    for (const char* file : {"default.onnx", "light.onnx"})
        EXPECT_LE(fs::file_size(models / file), 8'000'000U) << file;
}

INSTANTIATE_TEST_SUITE_P(Backends, ShippedModel,
                         ::testing::Combine(::testing::Values("default", "light"),
                                            ::testing::Values("reference", "onednn")),
                         [](const auto& instance) {
                             return std::string(std::get<0>(instance.param)) + "_" +
                                    std::get<1>(instance.param);
                         });

}  // namespace
}  // namespace overfeat::test
