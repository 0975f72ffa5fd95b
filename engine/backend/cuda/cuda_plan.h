// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/picture_input.h"
#include "engine/backend/cuda/program.h"

namespace overfeat::backend::cuda {

// A program as graphs: one, unless it takes longer than people wait for a stop. Before it goes what
// makes the input, which is no part of a graph: a picture of another size, or its mirror image,
// needs no other one. Every plan has a stream of its own, so that plans that run together share the
// card.
class CudaPlan final : public Plan {
public:
    // Throws Error(kDeviceLost).
    CudaPlan(Program program, std::int64_t work_per_look);

    const Shape& inputShape() const noexcept override { return program_.input_shape; }
    std::span<float> input() noexcept override;
    bool makeInputOf(const std::shared_ptr<const DevicePicture>& picture,
                     const Resizing& resizing) override;
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
    struct Captured {
        Graph graph;
        std::int64_t work = 0;
    };

    void capture();
    bool hasInput() const noexcept { return program_.input >= 0; }
    // The pieces of the work, each of which a stop request may have to wait for: those of the
    // input, then the graphs.
    std::size_t inputPieces() const noexcept;
    std::size_t pieceCount() const noexcept { return inputPieces() + graphs_.size(); }
    std::int64_t workOf(std::size_t piece) const;
    void queue(std::size_t piece);
    void queueInput(std::size_t piece);
    void profileStep(std::size_t at, double ms, std::vector<LayerTiming>& timings) const;
    static void runPieces(std::span<Plan* const> plans, const std::stop_token& stop);
    static CudaPlan& own(Plan* plan) { return static_cast<CudaPlan&>(*plan); }
    void throwIfLost() const;
    // Remembers it if the device is lost in it.
    template <class Work>
    auto orLost(Work work);
    float* pinned() const { return static_cast<float*>(program_.pinned->get()); }

    std::int64_t work_per_look_;
    std::vector<Captured> graphs_;
    PictureInput picture_input_;
    Program program_;   // its stream goes first, and waits for what is queued
    std::string lost_;  // why it cannot be used any more
};

}  // namespace overfeat::backend::cuda
