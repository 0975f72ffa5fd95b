// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/served_network.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "engine/net/graph_edit.h"
#include "engine/net/onnx_writer.h"

namespace overfeat::backend::kserve {
namespace {

constexpr std::size_t kLongestName = 40;

std::string plainName(const std::string& name) {
    std::string plain;
    for (const char c : name.substr(0, kLongestName)) {
        const bool kept =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        plain += kept ? c : '_';
    }
    return plain;
}

}  // namespace

std::vector<std::string> servedOutputs(const net::Graph& graph) {
    std::vector<std::string> names;
    for (const net::ValueId output : graph.outputs) {
        const std::string& name = graph.valueName(output);
        // Of the part that this output needs, so that it is called the same whatever else is asked.
        net::Graph part = graph;
        part.outputs = {output};
        const std::uint64_t print = net::structurePrint(net::pruned(part));
        std::array<char, 16> digits{};
        const auto end = std::to_chars(digits.begin(), digits.end(), print, 16);
        names.push_back(plainName(name) + "_" + std::string(digits.begin(), end.ptr));
    }
    return names;
}

}  // namespace overfeat::backend::kserve
