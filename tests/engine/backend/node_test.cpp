// SPDX-License-Identifier: Apache-2.0
//
// The ONNX project's own test of every operator the reader accepts, on every backend. Which tests
// those are is found by looking at the operators of the test models, so a new row in the reader's
// table brings its tests along; what is refused on purpose is listed with the reason.
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "engine/backend/registry.h"
#include "engine/core/error.h"
#include "engine/net/onnx_operators.h"
#include "engine/net/onnx_reader.h"
#include "engine/net/onnx_tensors.h"
#include "tests/support/capability.h"
#include "tests/support/file_bytes.h"

namespace overfeat::backend {
namespace {

namespace fs = std::filesystem;

bool isAccepted(const onnx::ModelProto& model) {
    return std::ranges::all_of(model.graph().node(), [](const onnx::NodeProto& node) {
        return node.domain().empty() &&
               std::ranges::any_of(net::onnxOperators(), [&](const net::OnnxOperator& row) {
                   return row.name == node.op_type();
               });
    });
}

struct NodeTest {
    std::string name;
    fs::path folder;
    onnx::ModelProto model;
};

const std::vector<NodeTest>& nodeTests() {
    static const std::vector<NodeTest> kTests = [] {
        std::vector<NodeTest> tests;
        const auto root = test::onnxNodeTests();
        if (!root) return tests;
        for (const auto& entry : fs::directory_iterator(*root)) {
            NodeTest test{entry.path().filename().string(), entry.path(), {}};
            const bool read = test.model.ParseFromString(test::bytesOf(test.folder / "model.onnx"));
            if (read && test.model.graph().node_size() > 0 && isAccepted(test.model))
                tests.push_back(std::move(test));
        }
        std::ranges::sort(tests, {}, &NodeTest::name);
        return tests;
    }();
    return kTests;
}

// Name to reason.
std::map<std::string, std::string> refusedTests() {
    std::map<std::string, std::string> refused;
    std::ifstream list(test::sourceRoot() / "tests/engine/backend/refused_node_tests.txt");
    for (std::string line; std::getline(list, line);) {
        const auto end = line.find(' ');
        if (line.empty() || line[0] == '#' || end == std::string::npos) continue;
        refused[line.substr(0, end)] = line.substr(line.find_first_not_of(' ', end));
    }
    return refused;
}

Tensor tensor(const NodeTest& test, const std::string& file) {
    onnx::TensorProto proto;
    if (!proto.ParseFromString(test::bytesOf(test.folder / "test_data_set_0" / file)))
        throw Error(ErrorCode::kInput, "The file " + file + " is no tensor.");
    return *net::OnnxTensorReader(1 << 24, {}).read(proto, file).tensor;
}

bool isHalf(const NodeTest& test, const std::string& file) {
    onnx::TensorProto proto;
    proto.ParseFromString(test::bytesOf(test.folder / "test_data_set_0" / file));
    return proto.data_type() == onnx::TensorProto::FLOAT16;
}

struct Ready {
    net::Graph graph;
    Tensor input;
};

// The first input stays open, the others become constants: that is how the engine sees weights.
Ready prepare(const NodeTest& test) {
    net::OnnxOptions options;
    options.oldest_opset = 1;
    Ready ready;
    for (int i = 0; i < test.model.graph().input_size(); ++i) {
        Tensor value = tensor(test, "input_" + std::to_string(i) + ".pb");
        if (i == 0) {
            ready.input = std::move(value);
        } else {
            options.bindings.emplace(test.model.graph().input(i).name(), std::move(value));
        }
    }
    onnx::ModelProto model = test.model;
    // The mean and deviation that LayerNormalization hands on only mean something in training.
    auto& outputs = *model.mutable_graph()->mutable_output();
    if (model.graph().node(0).op_type() == "LayerNormalization") {
        outputs.DeleteSubrange(1, outputs.size() - 1);
    }
    const std::string bytes = model.SerializeAsString();
    ready.graph = net::readOnnx(std::as_bytes(std::span(bytes)), options).graph;
    return ready;
}

struct Parameter {
    const Backend* backend;
    const NodeTest* node_test;
};

class OnnxNode : public ::testing::TestWithParam<Parameter> {};

TEST_P(OnnxNode, GivesTheExpectedOutputs) {
    const auto& [backend, node_test] = GetParam();
    if (test::missing(std::string(backend->name()), backend->probe().available)) return;
    const Ready ready = prepare(*node_test);
    const auto plan = backend->compile(ready.graph, ready.input.shape(), {.threads = 1});
    std::ranges::copy(ready.input.values().first(plan->input().size()), plan->input().begin());
    plan->run();
    ASSERT_GT(plan->outputCount(), 0U);
    for (std::size_t i = 0; i < plan->outputCount(); ++i) {
        const std::string file = "output_" + std::to_string(i) + ".pb";
        const Tensor expected = tensor(*node_test, file);
        // Numbers of half precision have 11 bits.
        const double relative = isHalf(*node_test, file) ? 1e-3 : 2e-5;
        EXPECT_EQ(plan->outputShape(i), expected.shape());
        ASSERT_EQ(plan->output(i).size(), expected.values().size());
        for (std::size_t k = 0; k < expected.values().size(); ++k) {
            const float e = expected.values()[k];
            // ONNX's own runner allows a relative error of 1e-3 and an absolute one of 1e-7.
            EXPECT_NEAR(plan->output(i)[k], e, 1e-6 + relative * std::abs(e)) << "element " << k;
        }
    }
}

std::vector<Parameter> parameters() {
    const auto refused = refusedTests();
    std::vector<Parameter> list;
    for (const Backend* backend : backends())
        for (const NodeTest& node_test : nodeTests())
            if (!refused.contains(node_test.name)) list.push_back({backend, &node_test});
    return list;
}

std::string nameOf(const ::testing::TestParamInfo<Parameter>& test) {
    return std::string(test.param.backend->name()) + "_" + test.param.node_test->name;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OnnxNode);
INSTANTIATE_TEST_SUITE_P(Every, OnnxNode, ::testing::ValuesIn(parameters()), nameOf);

TEST(OnnxNodes, EveryAcceptedOperatorHasATest) {
    if (test::missing("onnx-node-tests", test::onnxNodeTests().has_value())) return;
    const auto refused = refusedTests();
    std::set<std::string> tested;
    for (const NodeTest& node_test : nodeTests()) {
        if (refused.contains(node_test.name)) continue;
        for (const onnx::NodeProto& node : node_test.model.graph().node())
            tested.insert(node.op_type());
    }
    // Only of constants, which the node tests have none of; tests/engine/net/simplify_test.cpp.
    for (const char* of_constants : {"ConstantOfShape", "Equal", "Expand", "Where"})
        tested.insert(of_constants);
    // The tests of Debian 12 begin at opset 13, where it is not an operator yet.
    tested.insert("Gelu");
    for (const net::OnnxOperator& row : net::onnxOperators())
        EXPECT_TRUE(tested.contains(std::string(row.name))) << row.name << " runs no node test";
}

TEST(OnnxNodes, ARefusedTestIsRefusedWithASentenceAndExists) {
    if (test::missing("onnx-node-tests", test::onnxNodeTests().has_value())) return;
    for (const auto& [name, reason] : refusedTests()) {
        SCOPED_TRACE(name + ": " + reason);
        EXPECT_GT(reason.size(), 10U);
        const auto found = std::ranges::find(nodeTests(), name, &NodeTest::name);
        const bool elsewhere = reason.starts_with("newer: ") || reason.starts_with("older: ");
        if (found == nodeTests().end() && elsewhere) continue;
        ASSERT_NE(found, nodeTests().end())
            << "not a test of an accepted operator; remove the line";
        try {
            const Ready ready = prepare(*found);
            backends().back()->compile(ready.graph, ready.input.shape(), {});
            ADD_FAILURE() << "is accepted by now; remove the line";
        } catch (const Error& error) {
            EXPECT_GT(std::string(error.what()).size(), 20U);
        }
    }
}

}  // namespace
}  // namespace overfeat::backend
