// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/net/graph.h"

namespace overfeat::net {

// Sentences about what is wrong with a network. Names come from untrusted files, so they are
// cleaned and cut before they are shown.

inline std::string inQuotes(std::string_view name) {
    std::string quoted = "'";  // appended to: GCC 12 warns of std::operator+ in a release build
    quoted += sanitisedLabel(name, 80);
    quoted += '\'';
    return quoted;
}

// Error(kModel): "Node 'conv1' (Conv) <what>".
[[noreturn]] inline void refuseNode(std::string_view node, std::string_view op,
                                    const std::string& what) {
    throw Error(ErrorCode::kModel,
                "Node " + inQuotes(node) + " (" + sanitisedLabel(op, 40) + ") " + what,
                sanitisedLabel(node));
}

[[noreturn]] inline void refuseNode(const Node& node, const std::string& what) {
    refuseNode(node.name, opName(node.op), what);
}

}  // namespace overfeat::net
