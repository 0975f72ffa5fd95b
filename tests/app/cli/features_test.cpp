// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/app/cli/cli_fixture.h"

namespace overfeat::test {
namespace {

class Features : public CliTest {};

TEST_F(Features, TheEmbeddingIsTheDefaultLayer) {
    const auto outcome = run({"features", picture("c.png", {255, 51, 0}), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto object = outcome.objects().at(0);
    EXPECT_EQ(object["layer"], "means");
    EXPECT_EQ(object["shape"], (nlohmann::json{1, 3}));
    EXPECT_NEAR(object["values"][0].get<double>(), 1.0, 1e-5);
    EXPECT_NEAR(object["values"][1].get<double>(), 0.2, 1e-5);
    EXPECT_NEAR(object["values"][2].get<double>(), 0.0, 1e-5);
}

TEST_F(Features, AnyLayerByItsName) {
    const auto outcome = run({"features", red(), "--layer", "blocks", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.objects().at(0)["shape"], (nlohmann::json{1, 3, 2, 2}));
    EXPECT_EQ(outcome.objects().at(0)["values"].size(), 12U);
}

TEST_F(Features, LayersCanBeListed) {
    const auto outcome = run({"features", "--layer", "list", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto objects = outcome.objects();
    ASSERT_EQ(objects.size(), 4U);
    EXPECT_EQ(objects[0]["layer"], "blocks");
    EXPECT_EQ(objects[0]["op"], "Conv");
    EXPECT_EQ(objects[0]["shape"], (nlohmann::json{1, 3, 2, 2}));
    EXPECT_EQ(objects[3]["layer"], "logits");
}

// The name comes from the file; in JSON it is escaped, and is the one to ask for.
TEST_F(Features, NamesOfLayersCannotDriveATerminal) {
    std::string model = colourModel();
    const std::string odd = "b\x1b[2J\n";
    for (auto at = model.find("blocks"); at != model.npos; at = model.find("blocks", at))
        model.replace(at, odd.size(), odd);
    folder_.write("models/default.onnx", model);
    const auto text = run({"features", "--layer", "list"});
    ASSERT_EQ(text.code, 0) << text.err;
    EXPECT_EQ(text.out.find('\x1b'), std::string::npos);
    EXPECT_EQ(std::ranges::count(text.out, '\n'), 4) << text.out;
    EXPECT_EQ(run({"models", "info", "--layers"}).out.find('\x1b'), std::string::npos);
    EXPECT_EQ(run({"features", "--layer", "list", "--json"}).objects().at(0)["layer"], odd);
    EXPECT_EQ(run({"features", red(), "--layer", odd, "--json"}).code, 0);
    const auto refused = run({"features", red(), "--layer", "[2J"});
    EXPECT_EQ(refused.code, 2);
    EXPECT_EQ(refused.err.find('\x1b'), std::string::npos) << refused.err;
}

TEST_F(Features, TextIsOneLinePerPicture) {
    const auto outcome = run({"features", red(), blue()});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::istringstream lines(outcome.out);
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_TRUE(line.starts_with(path("red.png") + "\t0\t")) << line;
    EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 4);
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_TRUE(line.starts_with(path("blue.png"))) << line;
    EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(Features, NpyStacksThePictures) {
    const auto outcome = run({"features", red(), blue(), "--out", path("all.npy")});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::ifstream stream(path("all.npy"), std::ios::binary);
    const std::string npy{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_NE(npy.find("'shape': (2, 3)"), std::string::npos);
    std::array<float, 6> values{};
    ASSERT_GT(npy.size(), sizeof values);
    std::memcpy(values.data(), npy.data() + npy.size() - sizeof values, sizeof values);
    EXPECT_NEAR(values[0], 1, 1e-5);
    EXPECT_NEAR(values[2], 0, 1e-5);
    EXPECT_NEAR(values[5], 1, 1e-5);
}

TEST_F(Features, WhatCannotBeMetIsAUsageError) {
    const std::vector<std::vector<std::string>> wrong{
        {"features", red(), "--layer", "nonsense"},
        {"features", red(), "--format", "npy"},
        {"features", red(), "--format", "xml"},
        {"features"},
        {"features", red(), "--json", "--format", "npy", "--out", path("x.npy")}};
    for (const auto& arguments : wrong) {
        const auto outcome = run(arguments);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        expectOneSentence(outcome.err);
    }
    EXPECT_FALSE(std::filesystem::exists(path("x.npy")));
}

}  // namespace
}  // namespace overfeat::test
