// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/cuda_plan.h"

#include <utility>

#include "engine/core/error.h"

namespace overfeat::backend::cuda {

CudaPlan::CudaPlan(Program program, std::int64_t work_per_look)
    : work_per_look_(work_per_look), program_(std::move(program)) {
    capture();
}

void CudaPlan::capture() {
    Stream& stream = *program_.stream;
    const std::vector<Step>& steps = program_.steps;
    std::size_t next = 0;
    while (next < steps.size()) {
        stream.beginCapture();
        Piece piece;
        const std::size_t first = next;
        for (; next < steps.size(); ++next) {
            if (next > first && piece.work + steps[next].work > work_per_look_) break;
            piece.work += steps[next].work;
            steps[next].queue(stream);
        }
        piece.graph = stream.endCapture();
        pieces_.push_back(std::move(piece));
    }
}

std::span<float> CudaPlan::input() noexcept {
    return {pinned(), static_cast<std::size_t>(program_.input_floats)};
}

std::span<const float> CudaPlan::output(std::size_t i) const {
    const Program::Output& output = program_.outputs.at(i);
    if (output.constant) return output.constant->values();
    return {pinned() + output.offset, static_cast<std::size_t>(output.shape.elementCount())};
}

void CudaPlan::throwIfLost() const {
    if (!lost_.empty()) {
        throw Error(ErrorCode::kDeviceLost, "This network cannot run on the GPU any more: " + lost_,
                    "cuda");
    }
}

void CudaPlan::run(const std::stop_token& stop) {
    Plan* const self = this;
    runTogether({&self, 1}, stop);
}

void CudaPlan::runTogether(std::span<Plan* const> plans, const std::stop_token& stop) {
    for (Plan* plan : plans)
        own(plan).throwIfLost();
    try {
        runPieces(plans, stop);
    } catch (const Error& error) {
        // Which of them has failed nobody knows, and all may still be at work.
        if (error.code() == ErrorCode::kDeviceLost) {
            for (Plan* plan : plans)
                own(plan).lost_ = error.what();
        }
        throw;
    }
}

// What is queued at the same time is the work of neighbours, so that small plans run side by side
// and large ones, which fill a card on their own, one after the other.
void CudaPlan::runPieces(std::span<Plan* const> plans, const std::stop_token& stop) {
    std::size_t first = 0;  // of those that have something queued
    std::int64_t queued = 0;
    const auto waitBefore = [&](std::size_t end) {
        for (; first < end; ++first)
            own(plans[first]).program_.stream->synchronize();
        queued = 0;
    };
    throwIfStopped(stop);
    for (std::size_t i = 0; i < plans.size(); ++i) {
        CudaPlan& plan = own(plans[i]);
        for (const Piece& piece : plan.pieces_) {
            if (queued > 0 && queued + piece.work > plan.work_per_look_) {
                waitBefore(i + 1);
                first = i;
                throwIfStopped(stop);
            }
            plan.program_.stream->launch(piece.graph);
            queued += piece.work;
        }
    }
    waitBefore(plans.size());
}

std::vector<LayerTiming> CudaPlan::profile() {
    throwIfLost();
    try {
        Stream& stream = *program_.stream;
        std::vector<Event> events;  // before every step, and after the last
        events.reserve(program_.steps.size() + 1);
        for (std::size_t i = 0; i <= program_.steps.size(); ++i)
            events.push_back(createEvent(stream.api()));
        for (std::size_t i = 0; i < program_.steps.size(); ++i) {
            stream.record(events[i]);
            program_.steps[i].queue(stream);
        }
        stream.record(events.back());
        stream.synchronize();
        std::vector<LayerTiming> timings;
        for (std::size_t i = 0; i < program_.steps.size(); ++i) {
            const Step& step = program_.steps[i];
            const double ms = millisecondsBetween(stream.api(), events[i], events[i + 1]);
            if (!step.continues) timings.push_back({step.node, step.op, step.implementation, 0, 0});
            timings.back().ms += ms;
            timings.back().multiply_adds += step.multiply_adds;
        }
        return timings;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::kDeviceLost) lost_ = error.what();
        throw;
    }
}

}  // namespace overfeat::backend::cuda
