// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/kserve_plan.h"

#include <array>
#include <chrono>
#include <utility>

#include "engine/core/error.h"

namespace overfeat::backend::kserve {

KservePlan::KservePlan(std::shared_ptr<const Server> server, Made made, std::unique_ptr<Call> call)
    : server_(std::move(server)), made_(std::move(made)), call_(std::move(call)) {}

void KservePlan::throwIfLost() const {
    if (!lost_.empty()) {
        throw Error(ErrorCode::kDeviceLost, "This network cannot run there any more: " + lost_,
                    "kserve");
    }
}

void KservePlan::run(const std::stop_token& stop) {
    const std::array<KservePlan*, 1> alone{this};
    server_->run(alone, stop);
}

PlanStatistics KservePlan::statistics() const {
    return {.workspace_bytes = call_->bytes(),
            .weight_bytes = 0,
            .reorders_per_run = 0,
            .output_conversions = 0,
            .description = made_.description};
}

std::vector<LayerTiming> KservePlan::profile() {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - start;
    return {{.node = made_.model,
             .op = "all layers and the way there and back",
             .implementation = "kserve",
             .ms = elapsed.count(),
             .multiply_adds = net::multiplyAdds(made_.graph, inputShape())}};
}

}  // namespace overfeat::backend::kserve
