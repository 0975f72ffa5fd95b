// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/backend.h"

#include "engine/core/error.h"

namespace overfeat::backend {

void Plan::throwIfStopped(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Error(ErrorCode::kCancelled, "Running the network was stopped.");
    }
}

bool Plan::makeInputOf(const std::shared_ptr<const DevicePicture>& /*picture*/,
                       const Resizing& /*resizing*/) {
    return false;
}

std::optional<std::string> Backend::supports(const net::Graph& graph) const {
    try {
        net::validate(graph);
        return std::nullopt;
    } catch (const Error& error) {
        return error.what();
    }
}

void Backend::runTogether(std::span<Plan* const> plans, const std::stop_token& stop) const {
    for (Plan* plan : plans)
        plan->run(stop);
}

std::unique_ptr<DevicePicture> Backend::makePicture() const {
    return nullptr;
}

}  // namespace overfeat::backend
