// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cstdint>
#include <string>

#include "engine/net/graph.h"

namespace overfeat::net {
namespace {

// The finaliser of MurmurHash3 spreads every bit of a word over all of them.
std::uint64_t mixed(std::uint64_t word) noexcept {
    word ^= word >> 33U;
    word *= 0xff51afd7ed558ccdULL;
    word ^= word >> 33U;
    word *= 0xc4ceb9fe1a85ec53ULL;
    return word ^ word >> 33U;
}

}  // namespace

std::uint64_t fingerprint(const Graph& graph) {
    std::uint64_t print = 0;
    const auto add = [&print](std::uint64_t word) { print = mixed(print + word) + word; };
    for (const Node& node : graph.nodes) {
        add(node.op.index());
        for (const ValueId input : node.inputs) {
            const Tensor* constant = input == kNoValue ? nullptr : graph.constant(input);
            if (constant == nullptr) continue;
            add(constant->values().size());
            for (const float value : constant->values())
                add(std::bit_cast<std::uint32_t>(value));
        }
    }
    return print;
}

}  // namespace overfeat::net
