// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/objectness.h"

#include <cstddef>
#include <span>
#include <sstream>
#include <utility>

#include "engine/net/onnx_reader.h"

// Defined in heads.S.
extern "C" {
extern const std::byte overfeat_objectness_head_begin[];
extern const std::byte overfeat_objectness_head_end[];
}

namespace overfeat::detect {

std::string trunkName(const net::Graph& trunk) {
    std::ostringstream name;
    name << std::hex << net::fingerprint(trunk);
    return name.str();
}

// The file is a 1x1 convolution of the features, and its metadata say of which network.
std::shared_ptr<const Objectness> objectnessOf(const net::Graph& trunk, std::size_t channels) {
    const std::span<const std::byte> bytes{overfeat_objectness_head_begin,
                                           overfeat_objectness_head_end};
    const net::OnnxFile file = net::readOnnx(bytes);
    const std::vector<net::ValueId>& inputs = file.graph.nodes.front().inputs;
    const std::span<const float> weights = file.graph.constant(inputs[1])->values();
    if (weights.size() != channels) return nullptr;
    if (file.metadata.at("overfeat.trunk") != trunkName(trunk)) return nullptr;
    return std::make_shared<const Objectness>(
        Objectness{.weights{weights.begin(), weights.end()},
                   .bias = file.graph.constant(inputs[2])->values().front()});
}

}  // namespace overfeat::detect
