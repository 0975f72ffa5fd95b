// SPDX-License-Identifier: Apache-2.0
//
// Files are sparse here: of the right size, with holes for most of their numbers.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"
#include "tests/support/capability.h"
#include "tests/support/temporary_folder.h"

namespace overfeat {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kSmallBytes = 583'683'488;
constexpr std::uintmax_t kLargeBytes = 578'625'952;
// Where the weights of each layer begin, in floats.
constexpr std::array<std::int64_t, 8> kSmallWeights{0x0,      0x8880,   0x9e980,   0x1beb80,
                                                    0x63ef80, 0xf3f380, 0x7b3ff80, 0x8740f80};
constexpr std::array<std::int64_t, 9> kLargeWeights{
    0x0, 0x3780, 0x129880, 0x249a80, 0x489c80, 0x90a080, 0x120a480, 0x760b480, 0x860c480};
constexpr std::int64_t kSmallLastBias = 0x8b28f80;

class ReleaseReader : public ::testing::Test {
protected:
    // A number at each of these places.
    static fs::path writtenIn(const test::TemporaryFolder& folder, const std::string& name,
                              std::uintmax_t bytes, const std::vector<std::int64_t>& places) {
        fs::path file = folder.write(name, "");
        fs::resize_file(file, bytes);
        for (const std::int64_t place : places)
            put(file, place, 0.25F);
        return file;
    }
    fs::path written(const std::string& name, std::uintmax_t bytes,
                     const std::vector<std::int64_t>& places) const {
        return writtenIn(folder_, name, bytes, places);
    }
    fs::path small(const std::string& name = "net_weight_0") {
        return written(name, kSmallBytes, {kSmallWeights.begin(), kSmallWeights.end()});
    }
    fs::path large(const std::string& name = "net_weight_1") {
        return written(name, kLargeBytes, {kLargeWeights.begin(), kLargeWeights.end()});
    }

    static void put(const fs::path& file, std::int64_t place, float number) {
        std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
        stream.seekp(place * static_cast<std::int64_t>(sizeof number));
        stream.write(reinterpret_cast<const char*>(&number), sizeof number);
        ASSERT_TRUE(stream.flush()) << file;
    }

    // The small network, read once for all tests that only look at it.
    static const net::Model& smallModel() {
        static const std::shared_ptr<const net::Model> kModel = [] {
            const test::TemporaryFolder folder;
            const fs::path file = writtenIn(folder, "net_weight_0", kSmallBytes,
                                            {kSmallWeights.begin(), kSmallWeights.end()});
            put(file, kSmallWeights[5], 3);           // the first weight of layer 17
            put(file, kSmallWeights[5] - 1, 4);       // the last bias of layer 14
            put(file, kSmallWeights[5] + 36 + 7, 5);  // its second input, row 1, column 1
            put(file, kSmallLastBias + 999, 6);
            return net::loadModel(file);
        }();
        return *kModel;
    }

    static std::string refusalOf(const fs::path& file, const net::ReadBudget& budget = {}) {
        try {
            net::loadModel(file, budget);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kModel);
            return error.what();
        }
        return "was accepted";
    }

    test::TemporaryFolder folder_;
};

TEST_F(ReleaseReader, KnowsTheSmallNetwork) {
    const net::Model* model = &smallModel();
    EXPECT_EQ(model->name, "net_weight_0");
    EXPECT_EQ(model->window_px, 231);
    EXPECT_EQ(model->crop, 1);
    for (const std::size_t colour : {0U, 1U, 2U}) {
        EXPECT_FLOAT_EQ(model->normalisation.mean[colour], 118.380948F);
        EXPECT_FLOAT_EQ(model->normalisation.std[colour], 61.896913F);
    }
    EXPECT_EQ(model->scores, "21");
    EXPECT_EQ(model->features, "19");
    EXPECT_TRUE(model->assumptions.empty());
    EXPECT_NE(model->card.find("small network of the OverFeat release"), std::string::npos);
    ASSERT_EQ(model->graph.nodes.size(), 22U);
    const auto shapes = net::inferShapes(model->graph, {1, 3, 231, 231});
    const auto shape = [&](const char* layer) {
        return shapes[static_cast<std::size_t>(*model->graph.findValue(layer))];
    };
    EXPECT_EQ(shape("0"), (Shape{1, 3, 231, 231}));
    EXPECT_EQ(shape("1"), (Shape{1, 96, 56, 56}));
    EXPECT_EQ(shape("3"), (Shape{1, 96, 28, 28}));
    EXPECT_EQ(shape("7"), (Shape{1, 256, 14, 14}));
    EXPECT_EQ(shape("16"), (Shape{1, 1024, 6, 6}));
    EXPECT_EQ(shape("19"), (Shape{1, 4096, 1, 1}));
    EXPECT_EQ(shape("21"), (Shape{1, 1000, 1, 1}));
}

TEST_F(ReleaseReader, KnowsTheLargeNetworkByItsSizeToo) {
    const auto model = net::loadModel(large("weights.bin"));
    EXPECT_EQ(model->window_px, 221);
    EXPECT_EQ(model->scores, "24");
    EXPECT_EQ(model->features, "22");
    ASSERT_EQ(model->graph.nodes.size(), 25U);
    const auto shapes = net::inferShapes(model->graph, {1, 3, 221, 221});
    const auto shape = [&](const char* layer) {
        return shapes[static_cast<std::size_t>(*model->graph.findValue(layer))];
    };
    EXPECT_EQ(shape("3"), (Shape{1, 96, 36, 36}));
    EXPECT_EQ(shape("16"), (Shape{1, 1024, 17, 17}));
    EXPECT_EQ(shape("19"), (Shape{1, 1024, 5, 5}));
    EXPECT_EQ(shape("22"), (Shape{1, 4096, 1, 1}));
}

TEST_F(ReleaseReader, TheNumbersAreWhereTheyShouldBe) {
    const net::Model* model = &smallModel();
    const auto values = [&](const char* name) {
        return model->graph.constant(*model->graph.findValue(name))->values();
    };
    EXPECT_EQ(values("17.weights")[0], 3);
    EXPECT_EQ(values("14.biases")[1023], 4);
    EXPECT_EQ(values("17.weights")[43], 5);
    EXPECT_EQ(values("21.biases")[999], 6);
    EXPECT_EQ(values("21.weights")[0], 0.25F);
}

TEST_F(ReleaseReader, WhatItsPaddingMeansForTheDenseMap) {
    const net::Model* model = &smallModel();
    const net::DenseGraph dense = net::makeDense(net::fuse(model->graph), 231);
    EXPECT_EQ(dense.report.fidelity, net::DenseFidelity::kApproximate);
    EXPECT_EQ(dense.stride_px, (net::Extent2{32, 32}));
    const auto scores = net::receptiveField(dense.graph, *dense.graph.findValue("21"));
    EXPECT_EQ(scores.field_px, (net::Extent2{327, 327})) << "48 pixels more on every side";
    EXPECT_EQ(scores.first_centre_x_px, 115.5) << "the middle of the first window";
}

TEST_F(ReleaseReader, ClassesComeInTheReleasesOrder) {
    const net::Model* model = &smallModel();
    const LabelSet& labels = *model->labels;
    ASSERT_EQ(labels.size(), 1000U);
    EXPECT_EQ(labels[0].label, "kit fox");
    EXPECT_EQ(labels[1].id, "n02100735");
    EXPECT_EQ(labels[999].label, "dumbbell");
    // The same 1,000 classes as in the usual order, each once.
    std::set<std::string> ours;
    for (std::size_t i = 0; i < labels.size(); ++i)
        ours.insert(labels[i].id + "\t" + labels[i].label);
    std::set<std::string> usual;
    std::ifstream lines(test::sourceRoot() / "models/graphs/imagenet1k.tsv");
    for (std::string line; std::getline(lines, line);)
        usual.insert(line);
    EXPECT_EQ(usual.size(), 1000U);
    EXPECT_EQ(ours, usual);
}

TEST_F(ReleaseReader, WhatIsWrittenBesideItGoesFirst) {
    const fs::path file = small();
    std::string names;
    for (int i = 0; i < 1000; ++i)
        names += "thing " + std::to_string(i) + "\n";
    folder_.write("names.txt", names);
    const fs::path sidecar = folder_.write(
        "net_weight_0.json", R"({"labels_file": "names.txt", "crop": 0.875, "features": "16"})");
    EXPECT_EQ(refusalOf(file),
              "The model 'net_weight_0' cannot be used: the model's features '16' are of shape "
              "1x1024x6x6, not one vector per picture; only classifiers are supported.");
    folder_.write("net_weight_0.json", R"({"labels_file": "names.txt", "crop": 0.875})");
    const auto model = net::loadModel(file);
    EXPECT_EQ((*model->labels)[7].label, "thing 7");
    EXPECT_EQ(model->crop, 0.875);
    EXPECT_EQ(model->window_px, 231);
    const auto files = net::modelFiles(file);
    EXPECT_EQ(files.size(), 3U);
    EXPECT_NE(std::ranges::find(files, file), files.end());
}

TEST_F(ReleaseReader, OneByteFewerOrMoreIsSaid) {
    EXPECT_EQ(refusalOf(written("net_weight_0", kSmallBytes - 1, {})),
              "The model 'net_weight_0' cannot be used: the file has 583,683,487 bytes, 1 fewer "
              "than the small network of the OverFeat release, which has 583,683,488: it is cut "
              "short; download it again.");
    EXPECT_EQ(refusalOf(written("net_weight_1", kLargeBytes + 1, {})),
              "The model 'net_weight_1' cannot be used: the file has 578,625,953 bytes, 1 more "
              "than the large network of the OverFeat release, which has 578,625,952: it is "
              "something else, or was changed; download it again.");
    EXPECT_EQ(refusalOf(written("net_weight", 4096, {})),
              "The model 'net_weight' cannot be used: the file has 4,096 bytes, but the weights of "
              "the OverFeat release have 583,683,488 (small network) or 578,625,952 (large "
              "network); download it again.");
    EXPECT_EQ(refusalOf(written("net_weight_0", 0, {})),
              "The model 'net_weight_0' cannot be used: the file is empty; download it again.");
}

TEST_F(ReleaseReader, WhatIsNoFileIsSaid) {
    EXPECT_EQ(refusalOf(folder_.path() / "net_weight_0"),
              "The model 'net_weight_0' cannot be used: the file does not exist; check its name.");
    fs::create_directory(folder_.path() / "net_weight_0");
    EXPECT_EQ(refusalOf(folder_.path() / "net_weight_0"),
              "The model 'net_weight_0' cannot be used: the path is a folder; choose the file "
              "net_weight_0 or net_weight_1 itself.");
    ASSERT_EQ(::mkfifo((folder_.path() / "net_weight_1").c_str(), 0600), 0);
    EXPECT_EQ(refusalOf(folder_.path() / "net_weight_1"),
              "The model 'net_weight_1' cannot be used: the path is not a plain file; choose the "
              "file net_weight_0 or net_weight_1 itself.");
}

TEST_F(ReleaseReader, NumbersThatAreNoneAreSaid) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const fs::path file = small();
    put(file, kSmallLastBias + 999, nan);
    EXPECT_EQ(refusalOf(file),
              "The model 'net_weight_0' cannot be used: the biases of layer 21 hold a NaN or an "
              "infinite number: the file is damaged; download it again.");
    put(file, kSmallLastBias + 999, 0);
    put(file, kSmallWeights[3], std::numeric_limits<float>::infinity());
    EXPECT_EQ(refusalOf(file),
              "The model 'net_weight_0' cannot be used: the weights of layer 11 hold a NaN or an "
              "infinite number: the file is damaged; download it again.");
    // Filled with NaN from the first number on.
    const std::vector<float> filling(40'000, nan);
    std::fstream(file, std::ios::binary | std::ios::in | std::ios::out)
        .write(reinterpret_cast<const char*>(filling.data()), 160'000);
    EXPECT_EQ(refusalOf(file),
              "The model 'net_weight_0' cannot be used: the weights of layer 1 hold a NaN or an "
              "infinite number: the file is damaged; download it again.");
}

TEST_F(ReleaseReader, BytesInReverseOrderAreSaid) {
    // What weights look like from the other side: any exponent there is.
    std::string bytes;
    std::uint32_t state = 1;
    for (int i = 0; i < 40'000; ++i) {
        state = state * 1664525U + 1013904223U;
        const float weight = static_cast<float>(state >> 8) / (1 << 24) - 0.5F;
        std::array<char, 4> raw{};
        std::memcpy(raw.data(), &weight, sizeof weight);
        bytes.append(raw.rbegin(), raw.rend());
    }
    const fs::path file = small();
    std::fstream(file, std::ios::binary | std::ios::in | std::ios::out) << bytes;
    EXPECT_EQ(refusalOf(file),
              "The model 'net_weight_0' cannot be used: the bytes of every number in the file are "
              "in reverse order (big-endian); use the file as it was published, or reverse each "
              "four bytes.");
    // What never was a number, and is none by chance either.
    for (std::size_t i = 0; i + 3 < bytes.size(); i += 4)
        bytes[i] = bytes[i + 3] = i % 8 == 0 ? '\x60' : '\x10';
    std::fstream(file, std::ios::binary | std::ios::in | std::ios::out) << bytes;
    EXPECT_EQ(refusalOf(file),
              "The model 'net_weight_0' cannot be used: the file has the size of weights of the "
              "OverFeat release, but its numbers are no weights; download it again.");
}

TEST_F(ReleaseReader, AFileOfHolesIsSaid) {
    EXPECT_EQ(refusalOf(written("net_weight_0", kSmallBytes, {})),
              "The model 'net_weight_0' cannot be used: the weights of layer 1 are zero "
              "throughout: the file was never filled to its end; download it again.");
    // A download that made room first and broke off.
    EXPECT_EQ(refusalOf(written("net_weight_1", kLargeBytes,
                                {kLargeWeights.begin(), kLargeWeights.end() - 1})),
              "The model 'net_weight_1' cannot be used: the weights of layer 24 are zero "
              "throughout: the file was never filled to its end; download it again.");
}

TEST_F(ReleaseReader, KeepsToTheBudget) {
    const fs::path file = small();
    EXPECT_EQ(refusalOf(file, {.max_weight_elements = 100'000'000}),
              "The model 'net_weight_0' cannot be used: the file holds 145,920,872 weights, which "
              "is more than the limit for models.");
    EXPECT_NE(refusalOf(file, {.max_file_bytes = 1 << 20}), "was accepted");
}

TEST(ReleaseName, IsThatOfTheReleaseWithoutAnEnding) {
    EXPECT_TRUE(net::isNamedLikeRelease("data/default/net_weight_0"));
    EXPECT_TRUE(net::isNamedLikeRelease("net_weight_1"));
    EXPECT_FALSE(net::isNamedLikeRelease("net_weight_0.json"));
    EXPECT_FALSE(net::isNamedLikeRelease("net_weights")) << "a file of anybody's";
    EXPECT_FALSE(net::isNamedLikeRelease("net_weight_0/picture.png"));
    EXPECT_FALSE(net::isNamedLikeRelease("my_net_weight_0"));
}

}  // namespace
}  // namespace overfeat
