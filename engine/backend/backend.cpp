// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/backend.h"

#include "engine/core/error.h"

namespace overfeat::backend {

std::optional<std::string> Backend::supports(const net::Graph& graph) const {
    try {
        net::validate(graph);
        return std::nullopt;
    } catch (const Error& error) {
        return error.what();
    }
}

}  // namespace overfeat::backend
