// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/program.h"

namespace overfeat::backend::cuda {

// A program as graphs: one, unless it takes longer than people wait for a stop. Every plan has a
// stream of its own, so that plans that run together share the card.
class CudaPlan final : public Plan {
public:
    // Throws Error(kDeviceLost).
    CudaPlan(Program program, std::int64_t work_per_look);

    const Shape& inputShape() const noexcept override { return program_.input_shape; }
    std::span<float> input() noexcept override;
    using Plan::run;
    void run(const std::stop_token& stop) override;
    // All of them are CudaPlans. Queues what takes about a millisecond together, of however many of
    // them, before it waits for any. Throws Error(kCancelled) when nothing is queued any more;
    // after Error(kDeviceLost) none of them can be used.
    static void runTogether(std::span<Plan* const> plans, const std::stop_token& stop);
    std::size_t outputCount() const noexcept override { return program_.outputs.size(); }
    const Shape& outputShape(std::size_t i) const override { return program_.outputs.at(i).shape; }
    std::span<const float> output(std::size_t i) const override;
    PlanStatistics statistics() const override { return program_.statistics; }
    std::vector<LayerTiming> profile() override;

private:
    // A part of the work, which a stop request may have to wait for.
    struct Piece {
        Graph graph;
        std::int64_t work = 0;
    };

    void capture();
    static void runPieces(std::span<Plan* const> plans, const std::stop_token& stop);
    static CudaPlan& own(Plan* plan) { return static_cast<CudaPlan&>(*plan); }
    void throwIfLost() const;
    float* pinned() const { return static_cast<float*>(program_.pinned->get()); }

    std::int64_t work_per_look_;
    std::vector<Piece> pieces_;
    Program program_;   // its stream goes first, and waits for what is queued
    std::string lost_;  // why it cannot be used any more
};

}  // namespace overfeat::backend::cuda
