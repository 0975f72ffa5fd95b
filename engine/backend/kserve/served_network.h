// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/graph.h"

namespace overfeat::backend::kserve {

// How the parts of one network are called on a server. Each is a model of its own, because a server
// computes all of a model whichever outputs are asked for: MODEL itself, and MODEL with one of
// these behind it. They are looked for in this order.
inline constexpr std::array<std::string_view, 8> kParts{"",       "-window", "-fine1", "-fine2",
                                                        "-fine3", "-fine4",  "-fine5", "-features"};

// What the outputs of `graph` are called on a server: their own names, made plain, and behind them
// what tells them from the outputs of any network with other layers.
std::vector<std::string> servedOutputs(const net::Graph& graph);

}  // namespace overfeat::backend::kserve
