// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/device.h"

#include <optional>
#include <string>

#include "engine/core/error.h"

namespace overfeat::detect {

backend::Choice chooseBackendFor(const net::Graph& graph, std::string_view wanted) {
    backend::Choice choice = backend::chooseBackend(wanted);
    const std::optional<std::string> refusal = choice.backend->supports(graph);
    if (!refusal) return choice;
    bool worse = false;
    for (const backend::Backend* candidate : backend::backends()) {
        const bool free_choice = wanted == "auto" || wanted == "cpu";
        if (free_choice && worse && candidate->probe().available && !candidate->supports(graph)) {
            return {candidate, std::string(candidate->name()) + ", because " +
                                   std::string(choice.backend->name()) +
                                   " cannot run this network: " + *refusal};
        }
        worse = worse || candidate == choice.backend;
    }
    throw Error(ErrorCode::kModel, *refusal, std::string(choice.backend->name()));
}

}  // namespace overfeat::detect
