// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/program.h"

namespace overfeat::backend::cuda {

// A program as graphs: one, unless it takes longer than people wait for a stop.
class CudaPlan final : public Plan {
public:
    // Throws Error(kDeviceLost).
    CudaPlan(Program program, std::int64_t work_per_look);

    const Shape& inputShape() const noexcept override { return program_.input_shape; }
    std::span<float> input() noexcept override;
    using Plan::run;
    void run(const std::stop_token& stop) override;
    std::size_t outputCount() const noexcept override { return program_.outputs.size(); }
    const Shape& outputShape(std::size_t i) const override { return program_.outputs.at(i).shape; }
    std::span<const float> output(std::size_t i) const override;
    PlanStatistics statistics() const override { return program_.statistics; }
    std::vector<LayerTiming> profile() override;

private:
    void capture(std::int64_t work_per_look);
    void throwIfLost() const;
    float* pinned() const { return static_cast<float*>(program_.pinned->get()); }

    std::vector<Graph> graphs_;
    Program program_;   // its stream goes first, and waits for what is queued
    std::string lost_;  // why it cannot be used any more
};

}  // namespace overfeat::backend::cuda
