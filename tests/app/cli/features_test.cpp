// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <filesystem>
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

// "FEATURES ROWS COLUMNS", and all numbers with a blank behind each: what old scripts read.
TEST_F(Features, AsTheReleasePrintsThemOfWholePictures) {
    const auto outcome =
        run({"features", red(), picture("c.png", {255, 51, 0}, {8, 12}), "--format", "overfeat"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::string all_red = "3 3 5\n";  // 24x16 pixels, windows of 8 every 4
    for (const char* value : {"1 ", "0 ", "0 "}) {
        for (int cell = 0; cell < 15; ++cell)
            all_red += value;
    }
    EXPECT_EQ(outcome.out, all_red + "\n3 2 1\n1 1 0.2 0.2 0 0 \n");

    const auto layer = run({"features", red(), "--format", "overfeat", "--layer", "blocks"});
    EXPECT_TRUE(layer.out.starts_with("3 4 6\n1 1 1 ")) << layer.out;
    const auto file = run({"features", red(), "--format", "overfeat", "--out", path("f.txt")});
    EXPECT_EQ(file.out, "");
    EXPECT_EQ(bytesOf(path("f.txt")), all_red + "\n");
}

TEST_F(Features, OnlyPicturesOfAWindowAreLookedAtWhole) {
    const auto outcome =
        run({"features", picture("tiny.png", {0, 0, 0}, {30, 7}), red(), "--format", "overfeat"});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_EQ(outcome.err,
              "overfeat: The picture of 30x7 pixels is smaller than the network's window of 8x8; "
              "enlarge it.\n");
    EXPECT_TRUE(outcome.out.starts_with("3 3 5\n")) << "the others are answered";
}

// A file of the right size, with holes for nearly all of its numbers.
TEST_F(Features, TheReleasesLayersByTheirNumbers) {
    const auto file = folder_.write("models/net_weight_0", "");
    std::filesystem::resize_file(file, 583'683'488);
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    // Where the weights of each layer begin.
    for (const std::int64_t place :
         {0x0, 0x8880, 0x9e980, 0x1beb80, 0x63ef80, 0xf3f380, 0x7b3ff80, 0x8740f80}) {
        const float weight = 2;
        stream.seekp(place * static_cast<std::int64_t>(sizeof weight));
        stream.write(reinterpret_cast<const char*>(&weight), sizeof weight);
    }
    ASSERT_TRUE(stream.flush());
    const auto features = [&](const std::string& layer, const std::string& png) {
        return run(
            {"features", png, "--model", "net_weight_0", "--format", "overfeat", "--layer", layer});
    };
    const std::string shown = picture("shown.png", {200, 0, 0}, {243, 231});
    const auto normalised = features("0", shown);
    ASSERT_EQ(normalised.code, 0) << normalised.err;
    EXPECT_TRUE(normalised.out.starts_with("3 231 243\n1.31863 1.31863 ")) << "(200 - mean) / std";
    const auto pooled = features("3", shown);
    EXPECT_TRUE(pooled.out.starts_with("96 28 29\n2.63726 2.63726 ")) << pooled.err;

    const auto listed = run({"models", "list", "--json"});
    EXPECT_NE(listed.out.find("\"net_weight_0\""), std::string::npos) << listed.out;
    const auto about = run({"models", "info", "net_weight_0", "--json"});
    ASSERT_EQ(about.code, 0) << about.err;
    const auto info = about.objects().at(0);
    EXPECT_EQ(info["window"], 231);
    EXPECT_EQ(info["classes"], 1000);
    EXPECT_EQ(info["parameters"], 145'920'872);
    EXPECT_EQ(info["stride"], 32);
    EXPECT_EQ(info["strides"], (nlohmann::json{32, 16, 8, 4, 1}));
    EXPECT_EQ(info["dense"], "approximate");
    EXPECT_EQ(info["features"], "19");

    // One byte fewer.
    std::filesystem::resize_file(file, 583'683'487);
    const auto cut = features("1", shown);
    EXPECT_EQ(cut.code, 4);
    expectOneSentence(cut.err);
}

TEST_F(Features, WhatCannotBeMetIsAUsageError) {
    const std::vector<std::vector<std::string>> wrong{
        {"features", red(), "--layer", "nonsense"},
        {"features", red(), "--format", "npy"},
        {"features", red(), "--format", "xml"},
        {"features"},
        {"features", red(), "--json", "--format", "overfeat"},
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
