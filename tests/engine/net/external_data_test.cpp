// SPDX-License-Identifier: Apache-2.0
//
// Weights in files beside the model: where they may lie, and what is said when they do not.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/net/model.h"
#include "engine/net/onnx_reader.h"
#include "tests/engine/net/onnx_maker.h"
#include "tests/support/temporary_folder.h"

namespace overfeat {
namespace {

namespace fs = std::filesystem;
using test::asBytes;
using test::classifier;
using test::OnnxMaker;
using test::TemporaryFolder;

using Entries = std::vector<std::pair<std::string, std::string>>;

void putOutside(onnx::TensorProto& tensor, const Entries& entries) {
    tensor.clear_float_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    tensor.clear_external_data();
    for (const auto& [key, value] : entries) {
        auto* entry = tensor.add_external_data();
        entry->set_key(key);
        entry->set_value(value);
    }
}

std::string floatBytes(const std::vector<float>& values) {
    std::string bytes(values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

// The weights "w" of classifier(), 4x3x3x3, which are 0.01, 0.02, ... 1.08.
std::string firstWeights() {
    std::vector<float> values;
    for (int i = 0; i < 108; ++i)
        values.push_back(0.01F * static_cast<float>(i + 1));
    return floatBytes(values);
}

class ExternalData : public ::testing::Test {
protected:
    // classifier() with "w" in a file as `entries` say.
    fs::path model(const Entries& entries) {
        OnnxMaker maker = classifier();
        putOutside(*maker.graph().mutable_initializer(0), entries);
        return folder_.write("net.onnx", maker.bytes());
    }
    static std::string refusal(const fs::path& path) {
        try {
            net::loadModel(path);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kModel);
            const std::string sentence = error.what();
            EXPECT_NE(sentence.find("'w'"), std::string::npos) << sentence;
            EXPECT_TRUE(sentence.ends_with('.')) << sentence;
            return sentence;
        }
        return "was accepted";
    }
    static void expectSays(const std::string& sentence, const std::string& part) {
        EXPECT_NE(sentence.find(part), std::string::npos) << sentence;
    }

    TemporaryFolder folder_;
};

TEST_F(ExternalData, IsReadWhereverItLies) {
    const auto inside = net::parseModel(asBytes(classifier().bytes()), "inside");
    // Five bytes before it: no float of the file is where a float could be in memory.
    folder_.write("some weights.pth", "stuff" + firstWeights() + "more");
    const auto outside = net::loadModel(
        model({{"location", "some weights.pth"}, {"offset", "5"}, {"length", "432"}}));
    const auto w = [](const net::Model& model) {
        const auto values = model.graph.constant(*model.graph.findValue("w"))->values();
        return std::vector<float>(values.begin(), values.end());
    };
    EXPECT_EQ(w(*outside), w(*inside));
    // Without an offset from the beginning, without a length as much as the tensor takes.
    folder_.write("plain", firstWeights());
    EXPECT_EQ(w(*net::loadModel(model({{"location", "plain"}}))), w(*inside));
}

TEST_F(ExternalData, HoldsNumbersOfEveryType) {
    OnnxMaker maker({1, 1, 1, 2});
    auto& half = maker.weights("h", {2}, {});
    half.set_data_type(onnx::TensorProto::FLOAT16);
    putOutside(half, {{"location", "numbers"}, {"offset", "1"}});
    maker.node("Add", {"x", "h"}, "y");
    maker.output("y");
    folder_.write("numbers", std::string("\0\x00\x3c\x00\xc0", 5));  // 1 and -2
    net::OnnxOptions options;
    options.folder = folder_.path();
    const net::Graph graph = net::readOnnx(asBytes(maker.bytes()), options).graph;
    const auto values = graph.constant(*graph.findValue("h"))->values();
    EXPECT_EQ(std::vector<float>(values.begin(), values.end()), (std::vector<float>{1, -2}));
}

TEST_F(ExternalData, BelongsToTheFilesOfItsModel) {
    folder_.write("plain", firstWeights());
    const fs::path path = model({{"location", "plain"}});
    EXPECT_EQ(net::modelFiles(path), (std::vector<fs::path>{path, folder_.path() / "plain"}));
}

TEST_F(ExternalData, SaysWhenTheFileIsMissingOrAnotherOne) {
    expectSays(refusal(model({{"location", "gone.pth"}})), "'gone.pth', which is missing");
    folder_.write("short", firstWeights().substr(1));
    expectSays(refusal(model({{"location", "short"}})), "which has 431 bytes");
    folder_.write("whole", firstWeights());
    expectSays(refusal(model({{"location", "whole"}, {"offset", "1"}})), "which has 432 bytes");
    expectSays(refusal(model({{"location", "whole"}, {"offset", "18446744073709551615"}})),
               "behind the end");
    expectSays(refusal(model({{"location", "whole"}, {"length", "428"}})), "takes 432 bytes");
    folder_.write("empty", "");
    expectSays(refusal(model({{"location", "empty"}})), "which has 0 bytes");
    expectSays(refusal(model({{"location", "whole"}, {"offset", "-4"}})), "no number");
    expectSays(refusal(model({{"location", "whole"}, {"length", "4x"}})), "no number");
    expectSays(refusal(model({{"location", "whole"}, {"offset", "99999999999999999999"}})),
               "no number");
}

TEST_F(ExternalData, OpensNothingButPlainFilesInTheModelsFolder) {
    fs::create_directory(folder_.path() / "inner");
    folder_.write("inner/weights", firstWeights());
    folder_.write("weights", firstWeights());
    for (const char* location :
         {"inner/weights", "../weights", "/etc/passwd", "..", ".", "./weights", "inner\\weights"}) {
        expectSays(refusal(model({{"location", location}})), "outside the model's own folder");
    }
    expectSays(refusal(model({{"location", std::string("weights\0x", 9)}})), "outside");
    expectSays(refusal(model({{"location", ""}})), "not named");
    expectSays(refusal(model({{"offset", "0"}})), "not named");
    fs::create_symlink(folder_.path() / "weights", folder_.path() / "link");
    expectSays(refusal(model({{"location", "link"}})), "is a link");
    expectSays(refusal(model({{"location", "inner"}})), "is not a file");
    // A pipe nobody writes to would keep a reader waiting.
    ASSERT_EQ(::mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
    expectSays(refusal(model({{"location", "pipe"}})), "is not a file");
}

TEST_F(ExternalData, IsNotLookedForWithoutAFolder) {
    OnnxMaker maker = classifier();
    putOutside(*maker.graph().mutable_initializer(0), {{"location", "weights"}});
    try {
        net::parseModel(asBytes(maker.bytes()), "embedded");
        FAIL() << "was accepted";
    } catch (const Error& error) {
        expectSays(error.what(), "not read from a folder");
    }
}

TEST_F(ExternalData, CountsAgainstTheBudgetBeforeItIsRead) {
    folder_.write("plain", firstWeights());
    OnnxMaker maker = classifier();
    putOutside(*maker.graph().mutable_initializer(0), {{"location", "plain"}});
    maker.graph().mutable_initializer(0)->set_dims(0, 1'000'000'000);
    expectSays(refusal(folder_.write("net.onnx", maker.bytes())), "past the limit");
}

TEST_F(ExternalData, IsNotThereTwice) {
    folder_.write("plain", firstWeights());
    OnnxMaker maker = classifier();
    putOutside(*maker.graph().mutable_initializer(0), {{"location", "plain"}});
    maker.graph().mutable_initializer(0)->set_raw_data(firstWeights());
    expectSays(refusal(folder_.write("net.onnx", maker.bytes())), "twice");
}

std::vector<float> transposed(const std::vector<std::int64_t>& extents,
                              const std::vector<std::int64_t>& order, Shape& shape) {
    OnnxMaker maker({1, 1, 1, 1});
    maker.weights("w", extents);
    auto& node = maker.node("Transpose", {"w"}, "turned");
    if (!order.empty()) test::setInts(node, "perm", order);
    maker.node("Identity", {"x"}, "y");
    maker.output("y").output("turned");
    const net::Graph graph = net::parseGraph(asBytes(maker.bytes()));
    const Tensor& tensor = *graph.constant(*graph.findValue("turned"));
    shape = tensor.shape();
    std::vector<float> hundreds;
    for (const float value : tensor.values())
        hundreds.push_back(std::round(value * 100));
    return hundreds;
}

TEST(Transpose, OfAConstantIsFolded) {
    Shape shape;
    EXPECT_EQ(transposed({2, 3}, {}, shape), (std::vector<float>{1, 4, 2, 5, 3, 6}));
    EXPECT_EQ(shape, (Shape{3, 2}));
    EXPECT_EQ(transposed({2, 3}, {0, 1}, shape), (std::vector<float>{1, 2, 3, 4, 5, 6}));
    // [kH][kW][in][out] to [out][in][kH][kW]: element (o, i, y, x) was at ((y * 2 + x) * 3 + i) * 2
    // + o.
    std::vector<float> wanted;
    for (int o = 0; o < 2; ++o) {
        for (int i = 0; i < 3; ++i) {
            for (int y = 0; y < 2; ++y) {
                for (int x = 0; x < 2; ++x)
                    wanted.push_back(static_cast<float>(((y * 2 + x) * 3 + i) * 2 + o + 1));
            }
        }
    }
    EXPECT_EQ(transposed({2, 2, 3, 2}, {3, 2, 0, 1}, shape), wanted);
    EXPECT_EQ(shape, (Shape{2, 3, 2, 2}));
}

TEST(Transpose, OfWhatTheNetworkComputesIsALayer) {
    OnnxMaker maker;
    maker.node("Transpose", {"x"}, "y");
    maker.output("y");
    const net::Graph graph = net::parseGraph(asBytes(maker.bytes()));
    ASSERT_EQ(graph.nodes.size(), 1U);
    EXPECT_EQ(std::get<net::Transpose>(graph.nodes[0].op).axes, (std::vector{3, 2, 1, 0}));
}

TEST(Transpose, NamesEachAxisOnce) {
    Shape shape;
    for (const std::vector<std::int64_t>& order :
         {std::vector<std::int64_t>{0, 0}, {0}, {0, 2}, {-1, 0}, {0, 1, 2}})
        EXPECT_THROW(transposed({2, 3}, order, shape), Error);
}

// What is made of weights counts as weights: a file of a few bytes cannot fill the memory.
TEST(Transpose, CountsAgainstTheBudget) {
    OnnxMaker maker({1, 1, 1, 1});
    maker.weights("w", {10});
    for (int i = 0; i < 9; ++i)
        maker.node("Transpose", {"w"}, "t" + std::to_string(i));
    maker.node("Identity", {"x"}, "y");
    maker.output("y");
    net::OnnxOptions options;
    options.budget.max_weight_elements = 100;
    net::readOnnx(asBytes(maker.bytes()), options);
    options.budget.max_weight_elements = 99;
    EXPECT_THROW(net::readOnnx(asBytes(maker.bytes()), options), Error);
}

}  // namespace
}  // namespace overfeat
