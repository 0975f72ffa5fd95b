// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/backend/server/served_models.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>

#include "engine/backend/reference/reference_backend.h"
#include "engine/net/graph_edit.h"
#include "engine/net/onnx_reader.h"

namespace overfeat::test {

const net::Graph& ServedModels::at(const std::string& path) {
    const auto found = known_.find(path);
    if (found != known_.end()) return found->second;
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return known_.emplace(path, net::parseGraph(std::as_bytes(std::span(bytes)))).first->second;
}

std::vector<ServedModels::Output> ServedModels::run(const std::string& path, const Shape& shape,
                                                    const std::vector<float>& input,
                                                    const std::vector<std::string>& outputs) {
    net::Graph graph = at(path);
    graph.outputs.clear();
    for (const std::string& output : outputs)
        graph.outputs.push_back(graph.findValue(output).value());
    graph = net::pruned(graph);
    const auto plan = backend::referenceBackend().compile(graph, shape, {});
    std::ranges::copy(input, plan->input().begin());
    plan->run();
    std::vector<Output> made;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto values = plan->output(i);
        made.push_back({.shape = plan->outputShape(i), .values = {values.begin(), values.end()}});
    }
    return made;
}

}  // namespace overfeat::test
