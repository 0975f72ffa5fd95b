// SPDX-License-Identifier: Apache-2.0
// The evidence of a window's cells adds up to its score.
#include <gtest/gtest.h>

#include "engine/net/passes.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/net/run_graph.h"

namespace overfeat {
namespace {

using net::DenseGraph;
using net::ValueId;
using test::GraphMaker;

constexpr std::int64_t kChannels = 6;

struct Classifier {
    std::int64_t classes = 3;
    bool softmax = false;
    bool activated = false;
    bool averages = true;
};

// A window of 16 px with a map of 7x7 cells (4x4 after a second stride), averaged and classified.
net::Graph classifier(const Classifier& how) {
    GraphMaker maker(Shape{1, 3, 16, 16});
    ValueId x = maker.conv(
        maker.input(), {.in = 3, .out = kChannels, .window = {.kernel = {4, 4}, .stride = {2, 2}}});
    x = maker.node(net::Activate{net::Activation::relu()}, {x});
    x = maker.conv(
        x, {.in = kChannels, .out = kChannels, .window = {.kernel = {1, 1}, .stride = {2, 2}}});
    std::int64_t features = kChannels;
    if (how.averages) {
        x = maker.node(net::GlobalAveragePool{}, {x});
    } else {
        features *= 16;
    }
    x = maker.node(net::Flatten{}, {x});
    x = maker.node(net::Gemm{.transpose_b = true}, {x, maker.random({how.classes, features}, 0.2F),
                                                    maker.random({how.classes}, 0.2F)});
    if (how.activated) x = maker.node(net::Activate{net::Activation::relu()}, {x});
    if (how.softmax) x = maker.node(net::Softmax{.axis = 1}, {x});
    return maker.finish({x});
}

// The mean of the summands of one window, computed from the map of features.
float meanEvidence(const net::LinearEvidence& evidence, const Tensor& features, std::int64_t k,
                   std::int64_t row, std::int64_t column) {
    float sum = 0;
    for (std::int64_t i = 0; i < evidence.cells.height; ++i) {
        for (std::int64_t j = 0; j < evidence.cells.width; ++j) {
            for (std::int64_t c = 0; c < kChannels; ++c) {
                sum += evidence.weight->values()[static_cast<std::size_t>(k * kChannels + c)] *
                       test::at(features, c, row + i * evidence.spacing.height,
                                column + j * evidence.spacing.width);
            }
        }
    }
    return sum / static_cast<float>(evidence.cells.height * evidence.cells.width) +
           evidence.bias->values()[static_cast<std::size_t>(k)];
}

// Few classes are classified before the average, many after it; the fine stride spreads the cells.
TEST(Evidence, OfItsCellsAddsUpToTheScoreOfEveryWindow) {
    for (const std::int64_t classes : {2, 40}) {
        const DenseGraph coarse = net::makeDense(classifier({.classes = classes}), 16);
        for (int steps = 0; steps <= net::maxFineSteps(coarse); ++steps) {
            SCOPED_TRACE(testing::Message() << classes << " classes, " << steps << " fine steps");
            DenseGraph dense = net::refineStride(coarse, steps);
            const auto evidence = net::linearEvidence(dense.graph, dense.graph.outputs.front());
            ASSERT_TRUE(evidence);
            EXPECT_EQ(evidence->cells, (net::Extent2{4, 4}));
            EXPECT_EQ(evidence->weight->shape(), (Shape{classes, kChannels, 1, 1}));
            dense.graph.outputs.push_back(evidence->features);
            GraphMaker numbers(Shape{1, 3, 24, 28});
            Tensor picture(Shape{1, 3, 24, 28});
            for (float& value : picture.values())
                value = numbers.next();
            const auto outputs = test::run(dense.graph, picture);
            const Shape& windows = outputs[0].shape();
            for (std::int64_t k = 0; k < classes; ++k) {
                for (std::int64_t row = 0; row < windows[2]; ++row) {
                    for (std::int64_t column = 0; column < windows[3]; ++column) {
                        EXPECT_NEAR(test::at(outputs[0], k, row, column),
                                    meanEvidence(*evidence, outputs[1], k, row, column), 1e-4);
                    }
                }
            }
        }
    }
}

TEST(Evidence, IsThatOfTheLogitsBehindSoftmax) {
    const DenseGraph dense = net::makeDense(classifier({.softmax = true}), 16);
    EXPECT_TRUE(net::linearEvidence(dense.graph, dense.graph.outputs.front()));
}

TEST(Evidence, IsNotThereWhereTheScoreIsNoSum) {
    for (const Classifier& how : {Classifier{.activated = true}, Classifier{.averages = false}}) {
        const DenseGraph dense = net::makeDense(classifier(how), 16);
        EXPECT_FALSE(net::linearEvidence(dense.graph, dense.graph.outputs.front()));
    }
}

}  // namespace
}  // namespace overfeat
