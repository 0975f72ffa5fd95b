// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/cuda_plan.h"

#include <utility>

#include "engine/core/error.h"

namespace overfeat::backend::cuda {

template <class Work>
auto CudaPlan::orLost(Work work) {
    try {
        return work();
    } catch (const Error& error) {
        if (error.code() == ErrorCode::kDeviceLost) lost_ = error.what();
        throw;
    }
}

CudaPlan::CudaPlan(Program program, std::int64_t work_per_look)
    : work_per_look_(work_per_look), program_(std::move(program)) {
    capture();
}

void CudaPlan::capture() {
    Stream& stream = *program_.stream;
    const std::vector<Step>& steps = program_.steps;
    std::size_t next = hasInput() ? 1 : 0;
    while (next < steps.size()) {
        stream.beginCapture();
        Captured piece;
        const std::size_t first = next;
        for (; next < steps.size(); ++next) {
            if (next > first && piece.work + steps[next].work > work_per_look_) break;
            piece.work += steps[next].work;
            steps[next].queue(stream);
        }
        piece.graph = stream.endCapture();
        graphs_.push_back(std::move(piece));
    }
}

std::span<float> CudaPlan::input() noexcept {
    picture_input_.clear();
    return {pinned(), static_cast<std::size_t>(program_.input_floats)};
}

bool CudaPlan::makeInputOf(const std::shared_ptr<const DevicePicture>& picture,
                           const Resizing& resizing) {
    throwIfLost();
    if (!hasInput()) return false;
    return orLost([&] {
        return picture_input_.choose(picture, resizing, program_.input_shape, *program_.stream);
    });
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

std::size_t CudaPlan::inputPieces() const noexcept {
    if (!picture_input_.isChosen()) return hasInput() ? 1 : 0;
    return static_cast<std::size_t>(picture_input_.parts(work_per_look_));
}

std::int64_t CudaPlan::workOf(std::size_t piece) const {
    const std::size_t before = inputPieces();
    if (piece >= before) return graphs_[piece - before].work;
    return picture_input_.isChosen() ? picture_input_.workOfPart(work_per_look_) : 0;
}

void CudaPlan::queue(std::size_t piece) {
    const std::size_t before = inputPieces();
    if (piece < before) return queueInput(piece);
    program_.stream->launch(graphs_[piece - before].graph);
}

void CudaPlan::queueInput(std::size_t piece) {
    Stream& stream = *program_.stream;
    if (!picture_input_.isChosen()) return program_.steps.front().queue(stream);
    picture_input_.queuePart(static_cast<std::int64_t>(piece), work_per_look_,
                             program_.arena->array(program_.input), stream);
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
        for (std::size_t piece = 0; piece < plan.pieceCount(); ++piece) {
            const std::int64_t work = plan.workOf(piece);
            if (queued > 0 && queued + work > plan.work_per_look_) {
                waitBefore(i + 1);
                first = i;
                throwIfStopped(stop);
            }
            plan.queue(piece);
            queued += work;
        }
    }
    waitBefore(plans.size());
}

std::vector<LayerTiming> CudaPlan::profile() {
    throwIfLost();
    return orLost([&] {
        Stream& stream = *program_.stream;
        const std::size_t count = program_.steps.size();
        std::vector<Event> events;  // before every step, and after the last
        events.reserve(count + 1);
        for (std::size_t i = 0; i <= count; ++i)
            events.push_back(createEvent(stream.api()));
        for (std::size_t i = 0; i < count; ++i) {
            stream.record(events[i]);
            if (i > 0 || !hasInput()) {
                program_.steps[i].queue(stream);
                continue;
            }
            for (std::size_t piece = 0; piece < inputPieces(); ++piece)
                queueInput(piece);
        }
        stream.record(events.back());
        stream.synchronize();
        std::vector<LayerTiming> timings;
        for (std::size_t i = 0; i < count; ++i)
            profileStep(i, millisecondsBetween(stream.api(), events[i], events[i + 1]), timings);
        return timings;
    });
}

void CudaPlan::profileStep(std::size_t at, double ms, std::vector<LayerTiming>& timings) const {
    const Step& step = program_.steps[at];
    if (!step.continues) timings.push_back({step.node, step.op, step.implementation, 0, 0});
    if (at == 0 && picture_input_.isChosen()) {
        timings.back().op = "Resize";
        timings.back().implementation = "kernel:resize";
    }
    timings.back().ms += ms;
    timings.back().multiply_adds += step.multiply_adds;
}

}  // namespace overfeat::backend::cuda
