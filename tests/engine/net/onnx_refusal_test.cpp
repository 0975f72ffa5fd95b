// SPDX-License-Identifier: Apache-2.0
// Files that are no usable model, with the sentence each gets. Each file is built here and is tiny.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "engine/net/simplify.h"
#include "tests/engine/net/refusal_case.h"

namespace overfeat {
namespace {

using test::asBytes;
using test::classifier;
using test::OnnxMaker;
using test::Refusal;

std::string changed(const std::function<void(OnnxMaker&)>& change) {
    OnnxMaker maker = classifier();
    change(maker);
    return maker.bytes();
}

const std::vector<Refusal> kFiles{
    {"empty", [] { return std::string(); }, {"is empty"}},
    {"web_page", [] { return std::string("\n<!DOCTYPE html><html></html>"); }, {"is a web page"}},
    {"lfs_pointer",
     [] { return std::string("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"); },
     {"Git LFS pointer", "git lfs pull"}},
    {"checkpoint",
     [] { return std::string("PK\x03\x04 and more"); },
     {"export the network as ONNX"}},
    {"picture", [] { return std::string("\xff\xd8\xff\xe0 JFIF"); }, {"is a JPEG picture"}},
    {"random_bytes",
     [] { return std::string("\x9d\xe7\x01\xff\xfe\x10 no model"); },
     {"is not an ONNX model"}},
    {"text", [] { return std::string("hello, I am a text\n"); }, {"is not an ONNX model"}},
    {"truncated",
     [] {
         const std::string whole = classifier().bytes();
         return whole.substr(0, whole.size() / 2);
     },
     {"cut short or damaged"}},
    {"no_graph", [] { return std::string("\x08\x07"); }, {"contains no network"}},
};

const std::vector<Refusal> kModels{
    {"no_opset",
     [] { return changed([](OnnxMaker& m) { m.proto.clear_opset_import(); }); },
     {"does not say which ONNX opset"}},
    {"old_opset",
     [] { return changed([](OnnxMaker& m) { m.proto.mutable_opset_import(0)->set_version(6); }); },
     {"opset 6", "7 to 22"}},
    {"future_opset",
     [] { return changed([](OnnxMaker& m) { m.proto.mutable_opset_import(0)->set_version(99); }); },
     {"opset 99"}},
    {"two_opsets",
     [] { return changed([](OnnxMaker& m) { m.proto.add_opset_import()->set_version(12); }); },
     {"two ONNX opsets", "13 and 12"}},
    {"unknown_operators_all_listed",
     [] {
         return changed([](OnnxMaker& m) {
             m.node("Einsum", {"scores"}, "a");
             m.node("Attention", {"a"}, "b").set_domain("com.microsoft");
             m.node("LSTM", {"b"}, "c");
         });
     },
     {"Einsum", "com.microsoft.Attention", "LSTM"}},
    {"operators_without_a_name",
     [] {
         return changed([](OnnxMaker& m) {
             m.node("", {"scores"}, "a", "nameless");
             m.node("", {"a"}, "b", "foreign").set_domain("com.example");
         });
     },
     {"not supported: (no name), com.example.(no name)."}},
    {"no_nodes",
     [] { return changed([](OnnxMaker& m) { m.graph().clear_node(); }); },
     {"without any nodes"}},
    {"no_outputs",
     [] { return changed([](OnnxMaker& m) { m.graph().clear_output(); }); },
     {"has no outputs"}},
    {"missing_output",
     [] { return changed([](OnnxMaker& m) { m.output("ghost"); }); },
     {"Nothing produces", "'ghost'"}},
    {"missing_input",
     [] { return changed([](OnnxMaker& m) { m.graph().mutable_node(1)->set_input(0, "ghost"); }); },
     {"'relu1' (Relu)", "'ghost'", "nothing produces"}},
    {"cycle",
     [] {
         return changed([](OnnxMaker& m) { m.graph().mutable_node(0)->set_input(0, "relu:out"); });
     },
     {"'conv1' (Conv)", "'relu:out'", "cycle"}},
    {"value_produced_twice",
     [] {
         return changed([](OnnxMaker& m) { m.graph().mutable_node(1)->set_output(0, "conv:out"); });
     },
     {"defines 'conv:out' twice"}},
    {"weights_twice",
     [] { return changed([](OnnxMaker& m) { m.weights("w", {1}); }); },
     {"defines 'w' twice"}},
    {"weights_without_name",
     [] { return changed([](OnnxMaker& m) { m.weights("", {1}); }); },
     {"without a name"}},
    {"two_pictures",
     [] { return changed([](OnnxMaker& m) {
              m.addInput("second", {1, 3, 8, 8});
          }); },
     {"needs 2 inputs", "'second'"}},
    {"integer_input",
     [] {
         return changed([](OnnxMaker& m) {
             m.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
                 onnx::TensorProto::UINT8);
         });
     },
     {"'x'", "does not take float"}},
    {"sequence_input",
     [] {
         return changed([](OnnxMaker& m) {
             m.graph().mutable_input(0)->mutable_type()->mutable_sequence_type();
         });
     },
     {"'x'", "is not a tensor"}},
    {"metadata_twice",
     [] { return changed([](OnnxMaker& m) { m.metadata("a", "1").metadata("a", "2"); }); },
     {"metadata 'a' twice"}},
    {"sparse_weights",
     [] { return changed([](OnnxMaker& m) { m.graph().add_sparse_initializer(); }); },
     {"sparse"}},
};

const std::vector<Refusal> kTensors{
    {"external_data",
     [] {
         return changed([](OnnxMaker& m) {
             auto* tensor = m.graph().mutable_initializer(0);
             tensor->set_data_location(onnx::TensorProto::EXTERNAL);
             auto* entry = tensor->add_external_data();
             entry->set_key("location");
             entry->set_value("../../etc/passwd");
             tensor->clear_float_data();
         });
     },
     {"'w'", "another file"}},
    {"raw_of_wrong_size",
     [] {
         return changed([](OnnxMaker& m) {
             auto* tensor = m.graph().mutable_initializer(0);
             tensor->clear_float_data();
             tensor->set_raw_data(std::string(4 * 107 + 1, '\0'));
         });
     },
     {"'w'", "108 numbers", "damaged"}},
    {"typed_of_wrong_size",
     [] {
         return changed([](OnnxMaker& m) { m.graph().mutable_initializer(0)->add_float_data(1); });
     },
     {"'w'", "holds 109"}},
    {"raw_and_typed",
     [] {
         return changed([](OnnxMaker& m) {
             m.graph().mutable_initializer(0)->set_raw_data(std::string(4 * 108, '\0'));
         });
     },
     {"'w'", "twice"}},
    {"needs_100_gigabytes",
     [] {
         return changed(
             [](OnnxMaker& m) { m.graph().mutable_initializer(0)->set_dims(0, 1'000'000'000); });
     },
     {"'w'", "past the limit"}},
    {"uncountable",
     [] {
         return changed([](OnnxMaker& m) {
             m.graph().mutable_initializer(0)->set_dims(0, std::int64_t{1} << 62);
         });
     },
     {"'w'", "any machine"}},
    {"negative_dimension",
     [] {
         return changed([](OnnxMaker& m) { m.graph().mutable_initializer(0)->set_dims(0, -4); });
     },
     {"'w'", "negative"}},
    {"too_many_dimensions",
     [] {
         return changed([](OnnxMaker& m) {
             for (int i = 0; i < 6; ++i)
                 m.graph().mutable_initializer(0)->add_dims(1);
         });
     },
     {"'w'", "8 dimensions"}},
    {"text_tensor",
     [] {
         return changed([](OnnxMaker& m) {
             m.graph().mutable_initializer(0)->set_data_type(onnx::TensorProto::STRING);
         });
     },
     {"'w'", "STRING"}},
    {"nan",
     [] {
         return changed([](OnnxMaker& m) {
             m.graph().mutable_initializer(0)->set_float_data(
                 7, std::numeric_limits<float>::quiet_NaN());
         });
     },
     {"'w'", "'conv1'", "NaN"}},
    {"infinite",
     [] {
         return changed([](OnnxMaker& m) {
             m.graph().mutable_initializer(3)->set_float_data(
                 0, std::numeric_limits<float>::infinity());
         });
     },
     {"'fcb'", "infinite"}},
};

class OnnxRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(OnnxRefusal, SaysWhatAndWhere) {
    test::expectRefusal(GetParam());
}

const auto kName = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Files, OnnxRefusal, ::testing::ValuesIn(kFiles), kName);
INSTANTIATE_TEST_SUITE_P(Models, OnnxRefusal, ::testing::ValuesIn(kModels), kName);
INSTANTIATE_TEST_SUITE_P(Tensors, OnnxRefusal, ::testing::ValuesIn(kTensors), kName);

TEST(OnnxRefusals, LimitsAreTheBudgets) {
    const std::string file = classifier().bytes();
    net::OnnxOptions options;
    options.budget.max_nodes = 4;
    EXPECT_THROW(net::readOnnx(asBytes(file), options), Error);
    options = {};
    options.budget.max_file_bytes = 100;
    EXPECT_THROW(net::readOnnx(asBytes(file), options), Error);
    options = {};
    options.budget.max_weight_elements = 112;  // one less than "w", "b" and one more
    EXPECT_THROW(net::readOnnx(asBytes(file), options), Error);
    EXPECT_NO_THROW(net::readOnnx(asBytes(file)));
}

std::string sentenceFor(const std::string& file, const net::OnnxOptions& options = {}) {
    try {
        net::readOnnx(asBytes(file), options);
    } catch (const Error& error) {
        return error.what();
    }
    return "was accepted";
}

// Two bytes of a file become hundreds in memory, so nothing may be decoded before it is counted.
// The files are cut: what is said about them shows that they were counted first.
TEST(OnnxRefusals, NodesAreCountedBeforeTheyAreDecoded) {
    OnnxMaker maker = classifier();
    for (int i = 0; i < 20'000; ++i)
        maker.graph().add_node();
    const std::string whole = maker.bytes();
    EXPECT_NE(sentenceFor(whole).find("has 20005 nodes, more than the limit of 20000"),
              std::string::npos)
        << sentenceFor(whole);
    const std::string cut = sentenceFor(whole.substr(0, whole.size() - 1));
    EXPECT_NE(cut.find("nodes, more than the limit"), std::string::npos) << cut;
}

TEST(OnnxRefusals, WhateverElseTakesMemoryIsCountedBeforeItIsDecoded) {
    const auto expectTooMany = [](const std::function<void(OnnxMaker&)>& change) {
        OnnxMaker maker = classifier();
        for (int i = 0; i < 1'000; ++i)
            change(maker);
        std::string file = maker.bytes();
        net::OnnxOptions options;
        options.budget.max_messages = 1'000;
        file.pop_back();
        const std::string sentence = sentenceFor(file, options);
        EXPECT_NE(sentence.find("more than 1000 parts"), std::string::npos) << sentence;
    };
    expectTooMany([](OnnxMaker& m) { m.graph().mutable_node(0)->add_attribute(); });
    expectTooMany([](OnnxMaker& m) { m.graph().mutable_node(0)->add_input(""); });
    expectTooMany([](OnnxMaker& m) { m.graph().add_initializer(); });
    expectTooMany([](OnnxMaker& m) { m.graph().add_value_info(); });
    expectTooMany([](OnnxMaker& m) { m.proto.add_metadata_props(); });
    expectTooMany([](OnnxMaker& m) { m.proto.add_functions(); });
    expectTooMany([](OnnxMaker& m) {  // an unknown field
        m.proto.mutable_unknown_fields()->AddVarint(1'000, 1);
    });
    // Numbers are no parts, however many there are.
    OnnxMaker maker = classifier();
    maker.weights("many", {2'000});
    net::OnnxOptions options;
    options.budget.max_messages = 1'000;
    EXPECT_EQ(sentenceFor(maker.bytes(), options), "was accepted");
}

TEST(OnnxRefusals, EveryCutOfAFileIsRefusedOrReadWithoutHarm) {
    const std::string whole = classifier().bytes();
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_THROW(net::readOnnx(asBytes(whole.substr(0, length))), Error) << length;
}

// Any byte of a file may be wrong: the reader refuses or reads, and does nothing else.
TEST(OnnxRefusals, EveryChangedByteIsRefusedOrReadWithoutHarm) {
    const std::string whole = classifier().bytes();
    int refused = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const char flip : {'\x01', '\x80', '\xff'}) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ flip);
            try {
                net::readOnnx(asBytes(damaged));
            } catch (const Error&) {
                ++refused;
            }
        }
    }
    EXPECT_GT(refused, 100);
}

// Sizes that are computed, moved and folded, and what is rewritten afterwards.
std::string computedSizes() {
    OnnxMaker maker({1, 4, 6, 6});
    const auto whole = [&](const std::string& name, const std::vector<std::int64_t>& values) {
        auto& tensor =
            maker.weights(name, {static_cast<std::int64_t>(values.size())}, std::vector<float>{});
        tensor.set_data_type(onnx::TensorProto::INT64);
        tensor.mutable_int64_data()->Add(values.begin(), values.end());
    };
    maker.node("Shape", {"x"}, "shape");
    whole("first", {0});
    whole("one", {1});
    maker.node("Gather", {"shape", "first"}, "batch");
    maker.node("Slice", {"shape", "one", "one"}, "none");
    whole("rest", {2, 2, 6, 6});
    test::setInt(maker.node("Concat", {"batch", "none", "rest"}, "five"), "axis", 0);
    maker.node("Reshape", {"x", "five"}, "r");
    test::setInts(maker.node("Transpose", {"r"}, "t"), "perm", {0, 2, 1, 3, 4});
    maker.node("Reshape", {"t", "shape"}, "s", "s");
    auto& halves = maker.node("Split", {"s"}, "left");
    halves.add_output("right");
    test::setInt(halves, "axis", 1);
    maker.node("Mul", {"left", "right"}, "m");
    whole("pads", {0, 0, 1, 1, 0, 0, 1, 1});
    maker.node("Pad", {"m", "pads"}, "p");
    whole("axes", {2, 3});
    test::setInts(maker.node("ReduceMean", {"p"}, "mean"), "axes", {2, 3});
    maker.node("Squeeze", {"mean", "axes"}, "v");
    maker.node("Unsqueeze", {"v", "axes"}, "y");
    maker.output("y");
    return maker.bytes();
}

TEST(OnnxRefusals, EveryChangedByteOfComputedSizesIsRefusedOrReadWithoutHarm) {
    const std::string whole = computedSizes();
    ASSERT_EQ(sentenceFor(whole), "was accepted");
    int refused = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const char flip : {'\x01', '\x02', '\x08', '\x40', '\x80', '\xff'}) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ flip);
            try {
                const net::Graph graph = net::readOnnx(asBytes(damaged)).graph;
                if (graph.input != net::kNoValue && graph.input_shape == Shape{1, 4, 6, 6})
                    net::simplified(graph, graph.input_shape, {});
            } catch (const Error&) {
                ++refused;
            }
        }
    }
    EXPECT_GT(refused, 100);
}

TEST(OnnxRefusals, NamesFromTheFileAreCleanedBeforeTheyAreShown) {
    OnnxMaker maker;
    maker.node("Relu", {"\x1b[31mghost\n"}, "y", "evil\x1b[2J\xE2\x80\xAEname");
    maker.output("y");
    try {
        net::readOnnx(asBytes(maker.bytes()));
        FAIL();
    } catch (const Error& error) {
        const std::string text = std::string(error.what()) + error.where();
        EXPECT_EQ(text.find('\x1b'), std::string::npos);
        EXPECT_EQ(text.find('\n'), std::string::npos);
        EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos);
        EXPECT_NE(text.find("ghost"), std::string::npos);
    }
}

}  // namespace
}  // namespace overfeat
