// SPDX-License-Identifier: Apache-2.0
//
// A network that was written and read again computes the same: every case of the parity suite, so
// that a new operator is tested here without a change.
#include "engine/net/onnx_writer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/backend/reference/reference_backend.h"
#include "engine/net/onnx_reader.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/backend/parity_cases.h"

namespace overfeat::net {
namespace {

using test::ParityCase;

std::vector<std::string> outputNames(const Graph& graph) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i)
        names.push_back("out" + std::to_string(i));
    return names;
}

class OnnxWriter : public ::testing::TestWithParam<const ParityCase*> {};

TEST_P(OnnxWriter, WritesWhatIsReadAsTheSame) {
    ParityCase one = *GetParam();
    SCOPED_TRACE(test::describe(one));
    one.graph.input_shape = one.input;
    const std::string file = writeOnnx(one.graph, outputNames(one.graph));
    const Graph read = parseGraph(std::as_bytes(std::span(file)));
    ASSERT_EQ(read.outputs.size(), one.graph.outputs.size());
    for (std::size_t i = 0; i < read.outputs.size(); ++i)
        EXPECT_EQ(read.valueName(read.outputs[i]), "out" + std::to_string(i));

    const auto expected = backend::referenceBackend().compile(one.graph, one.input, {});
    const auto actual = backend::referenceBackend().compile(read, one.input, {});
    std::uint32_t state = 99;
    for (std::size_t i = 0; i < expected->input().size(); ++i) {
        state = state * 1664525U + 1013904223U;
        const float value = static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
        expected->input()[i] = actual->input()[i] = value;
    }
    expected->run();
    actual->run();
    for (std::size_t i = 0; i < expected->outputCount(); ++i) {
        ASSERT_EQ(actual->outputShape(i), expected->outputShape(i));
        const auto e = expected->output(i);
        const auto a = actual->output(i);
        float largest = 0;
        for (const float value : e)
            largest = std::max(largest, std::abs(value));
        for (std::size_t k = 0; k < e.size(); ++k) {
            // What the file says in several steps is rounded at each of them.
            ASSERT_LE(std::abs(a[k] - e[k]), 1e-5F * largest)
                << "output " << i << " element " << k << ": " << a[k] << ", not " << e[k];
        }
    }
}

std::vector<const ParityCase*> allCases() {
    std::vector<const ParityCase*> list;
    for (const ParityCase& one : test::parityCases())
        list.push_back(&one);
    return list;
}

INSTANTIATE_TEST_SUITE_P(Every, OnnxWriter, ::testing::ValuesIn(allCases()),
                         [](const auto& test) { return test.param->name; });

Graph convolution(float weight, std::int64_t stride) {
    test::GraphMaker maker({1, 1, 8, 8});
    const ValueId weights = maker.constant({1, 1, 1, 1}, {weight});
    return maker.finish({maker.node(Conv{.window = {.stride = {stride, stride}}},
                                    {maker.input(), weights, kNoValue})});
}

TEST(StructurePrint, IsOfTheLayersAndNotOfTheWeights) {
    const std::uint64_t print = structurePrint(convolution(1, 1));
    EXPECT_EQ(structurePrint(convolution(2, 1)), print);
    EXPECT_NE(structurePrint(convolution(1, 2)), print);
    Graph open = convolution(1, 1);
    open.input_shape = {-1, 1, -1, -1};
    EXPECT_EQ(structurePrint(open), print);
}

}  // namespace
}  // namespace overfeat::net
