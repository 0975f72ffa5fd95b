// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/objectness.h"

#include <array>
#include <cstddef>
#include <span>
#include <sstream>

#include "engine/net/onnx_reader.h"

// Defined in heads.S.
extern "C" {
extern const std::byte overfeat_objectness_lite0_begin[];
extern const std::byte overfeat_objectness_lite0_end[];
extern const std::byte overfeat_objectness_lite1_begin[];
extern const std::byte overfeat_objectness_lite1_end[];
}

namespace overfeat::detect {
namespace {

struct Embedded {
    const std::byte* begin;
    const std::byte* end;
    Calibration calibration;  // models/README.md says what it was fitted to
};

constexpr std::array kHeads{
    Embedded{overfeat_objectness_lite0_begin,
             overfeat_objectness_lite0_end,
             {.offset = -1.47, .slope = 0.83}},
    Embedded{overfeat_objectness_lite1_begin,
             overfeat_objectness_lite1_end,
             {.offset = -1.56, .slope = 1.01}},
};

}  // namespace

std::string trunkName(const net::Graph& trunk) {
    std::ostringstream name;
    name << std::hex << net::fingerprint(trunk);
    return name.str();
}

// A file is a 1x1 convolution of the features, and its metadata say of which network.
std::shared_ptr<const Objectness> objectnessOf(const net::Graph& trunk, std::size_t channels) {
    std::string name;  // found only if there is a head with as many channels
    for (const Embedded& head : kHeads) {
        const net::OnnxFile file = net::readOnnx(std::span{head.begin, head.end});
        const std::vector<net::ValueId>& inputs = file.graph.nodes.front().inputs;
        const std::span<const float> weights = file.graph.constant(inputs[1])->values();
        if (weights.size() != channels) continue;
        if (name.empty()) name = trunkName(trunk);
        if (file.metadata.at("overfeat.trunk") != name) continue;
        return std::make_shared<const Objectness>(
            Objectness{.weights{weights.begin(), weights.end()},
                       .bias = file.graph.constant(inputs[2])->values().front(),
                       .calibration = head.calibration});
    }
    return nullptr;
}

}  // namespace overfeat::detect
