// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/kserve/call.h"
#include "engine/backend/kserve/server.h"

namespace overfeat::backend::kserve {

// One network at one size, on a server.
class KservePlan final : public Plan {
public:
    struct Made {
        net::Graph graph;  // shares its weights
        std::string told_apart;
        std::string model;  // of the server
        std::string description;
        ServerInfo said;
        CompileOptions options;
    };
    KservePlan(std::shared_ptr<const Server> server, Made made, std::unique_ptr<Call> call);

    const Shape& inputShape() const noexcept override { return shape().input; }
    std::span<float> input() noexcept override { return call_->input(); }
    using Plan::run;
    void run(const std::stop_token& stop) override;
    std::size_t outputCount() const noexcept override { return shape().outputs.size(); }
    const Shape& outputShape(std::size_t i) const override { return shape().outputs.at(i); }
    std::span<const float> output(std::size_t i) const override { return call_->output(i); }
    PlanStatistics statistics() const override;
    std::vector<LayerTiming> profile() override;

    // For the server, which runs it.
    Call& call() noexcept { return *call_; }
    const CallShape& shape() const noexcept { return call_->shape(); }
    const Made& made() const noexcept { return made_; }
    void throwIfLost() const;
    void lose(std::string why) { lost_ = std::move(why); }

private:
    std::shared_ptr<const Server> server_;
    Made made_;
    std::unique_ptr<Call> call_;
    std::string lost_;  // why it cannot be used any more
};

}  // namespace overfeat::backend::kserve
