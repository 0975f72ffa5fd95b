// SPDX-License-Identifier: Apache-2.0
//
// An ONNX model through everything that is done with one: read, made dense and finer, compiled and
// run by each backend of this processor, written and read again. What would take long is left out.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/backend/registry.h"
#include "engine/net/model.h"
#include "engine/net/onnx_reader.h"
#include "engine/net/onnx_writer.h"
#include "engine/net/passes.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/targets.h"

namespace overfeat::fuzz {
namespace {

using net::Graph;

constexpr std::int64_t kMostValues = std::int64_t{1} << 17;
constexpr std::int64_t kMostWork = std::int64_t{1} << 21;  // multiply-adds, or numbers looked at
constexpr int kLargestWindowPx = 64;
constexpr int kMostFineSteps = 2;

const net::ReadBudget kBudget{.max_file_bytes = std::int64_t{1} << 17,
                              .max_weight_elements = std::int64_t{1} << 17,
                              .max_nodes = 100,
                              .max_messages = 10'000};

std::int64_t takenByOne(const net::Node& node) {
    if (const auto* pool = std::get_if<net::MaxPool>(&node.op))
        return pool->window.kernel.height * pool->window.kernel.width;
    if (const auto* pool = std::get_if<net::AveragePool>(&node.op))
        return pool->window.kernel.height * pool->window.kernel.width;
    return 1;
}

bool isSmall(const Graph& graph, const Shape& input) {
    std::vector<Shape> shapes;
    if (!taken(ErrorCode::kModel, [&] { shapes = net::inferShapes(graph, input, kMostValues); }))
        return false;
    for (const net::Node& node : graph.nodes) {
        const auto values = shapes[static_cast<std::size_t>(node.output)].elementCount();
        if (values * takenByOne(node) > kMostWork) return false;
    }
    return net::multiplyAdds(graph, input) <= kMostWork;
}

void run(const Graph& graph, const Shape& input) {
    if (!isSmall(graph, input)) return;
    const std::vector<Shape> shapes = net::inferShapes(graph, input);
    for (const backend::Backend* one : backend::backends()) {
        // Cards and servers are other machines.
        if (one->name() != "reference" && one->name() != "onednn") continue;
        if (!one->probe().available || one->supports(graph)) continue;
        std::unique_ptr<backend::Plan> plan;
        const auto compile = [&] {
            plan = one->compile(graph, input,
                                {.threads = 1, .max_workspace_bytes = std::int64_t{64} << 20});
        };
        if (!taken(ErrorCode::kModel, compile)) continue;
        float value = -1;
        for (float& pixel : plan->input()) {
            pixel = value;
            value = value > 2 ? -1 : value + 0.37F;
        }
        plan->run();
        promise(plan->outputCount() == graph.outputs.size(), "a plan has the graph's outputs");
        for (std::size_t i = 0; i < plan->outputCount(); ++i) {
            const Shape& shape = shapes[static_cast<std::size_t>(graph.outputs[i])];
            promise(plan->outputShape(i) == shape, "an output has the shape that was inferred");
            const auto numbers = plan->output(i);
            promise(std::cmp_equal(numbers.size(), shape.elementCount()), "all numbers of it");
            // Looked at, for the address sanitizer.
            [[maybe_unused]] volatile float sum = std::reduce(numbers.begin(), numbers.end());
        }
    }
}

// What is exported for a server is read there, and here.
void writeAndRead(const Graph& graph, int side) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i)
        names.push_back("output" + std::to_string(i));
    const std::string bytes = net::writeOnnx(graph, names);
    net::OnnxOptions options;
    options.assumed_side_px = side;
    Graph again;
    try {
        again = net::readOnnx(std::as_bytes(std::span(bytes)), options).graph;
    } catch (const Error& error) {
        promise(false, std::string("what was written is read: ") + error.what());
    }
    promise(again.outputs.size() == graph.outputs.size(), "what was written has all outputs");
}

}  // namespace

void onnxModel(Input input) {
    std::shared_ptr<const net::Model> model;
    if (!taken(ErrorCode::kModel, [&] { model = net::parseModel(input, "fuzzed", kBudget); }))
        return;
    const int side = model->window_px;
    if (side > kLargestWindowPx) return;
    const Shape window{1, 3, side, side};
    run(model->graph, window);
    run(net::fuse(model->graph), window);
    const net::DenseGraph dense = net::makeDense(model->graph, side);
    if (dense.report.fidelity == net::DenseFidelity::kClassificationOnly) {
        promise(!dense.report.reasons.empty(), "what does not slide says why");
        return;
    }
    const auto stride = dense.stride_px;
    if (stride.height > kLargestWindowPx || stride.width > kLargestWindowPx) return;
    const Shape picture{1, 3, side + stride.height, side + 2 * stride.width};
    const int steps = std::min(net::maxFineSteps(dense), kMostFineSteps);
    for (int step = 0; step <= steps; ++step) {
        const net::DenseGraph fine = net::refineStride(dense, step);
        run(fine.graph, picture);
        if (const auto evidence = net::linearEvidence(fine.graph, fine.graph.outputs.front()))
            net::sharperFeatures(fine.graph, evidence->features);
        writeAndRead(fine.graph, side);
    }
}

}  // namespace overfeat::fuzz
