// SPDX-License-Identifier: Apache-2.0
//
// What inference_server.py computes with: networks from ONNX files, by the plain loops. Of each
// question one line comes in, PATH RANK EXTENT... OUTPUT... between tabs, and the input's numbers;
// out goes for each output a line "shape EXTENT...", and its numbers.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "engine/backend/reference/reference_backend.h"
#include "engine/core/error.h"
#include "engine/net/graph_edit.h"
#include "engine/net/onnx_reader.h"

namespace {

using namespace overfeat;

const net::Graph& networkAt(const std::string& path) {
    static std::map<std::string, net::Graph> known;
    const auto found = known.find(path);
    if (found != known.end()) return found->second;
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return known.emplace(path, net::parseGraph(std::as_bytes(std::span(bytes)))).first->second;
}

void answer(const std::string& question) {
    std::istringstream words(question);
    std::string path;
    std::getline(words, path, '\t');
    int rank = 0;
    words >> rank;
    Shape shape;
    for (int axis = 0; axis < rank; ++axis) {
        std::int64_t extent = 0;
        words >> extent;
        shape.append(extent);
    }
    const std::vector<std::string> outputs{std::istream_iterator<std::string>(words), {}};
    std::vector<float> input(static_cast<std::size_t>(shape.elementCount()));
    std::cin.read(reinterpret_cast<char*>(input.data()),
                  static_cast<std::streamsize>(input.size() * sizeof(float)));
    net::Graph graph = networkAt(path);
    graph.outputs.clear();
    for (const std::string& output : outputs)
        graph.outputs.push_back(graph.findValue(output).value());
    graph = net::pruned(graph);
    const auto plan = backend::referenceBackend().compile(graph, shape, {});
    std::ranges::copy(input, plan->input().begin());
    plan->run();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        std::cout << "shape";
        for (const std::int64_t extent : plan->outputShape(i).dims())
            std::cout << ' ' << extent;
        std::cout << '\n';
        std::cout.write(reinterpret_cast<const char*>(plan->output(i).data()),
                        static_cast<std::streamsize>(plan->output(i).size_bytes()));
    }
}

}  // namespace

int main() {
    for (std::string question; std::getline(std::cin, question);) {
        try {
            answer(question);
        } catch (const std::exception& error) {
            std::cout << "error " << error.what() << '\n';
        }
        std::cout.flush();
    }
    return 0;
}
