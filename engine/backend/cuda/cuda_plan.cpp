// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/cuda_plan.h"

#include <utility>

#include "engine/core/error.h"

namespace overfeat::backend::cuda {

CudaPlan::CudaPlan(Program program, std::int64_t work_per_look) : program_(std::move(program)) {
    capture(work_per_look);
}

void CudaPlan::capture(std::int64_t work_per_look) {
    Stream& stream = *program_.stream;
    const std::vector<Step>& steps = program_.steps;
    std::size_t next = 0;
    while (next < steps.size()) {
        stream.beginCapture();
        std::int64_t work = 0;
        const std::size_t first = next;
        for (; next < steps.size(); ++next) {
            work += steps[next].work;
            if (next > first && work > work_per_look) break;
            steps[next].queue(stream);
        }
        graphs_.push_back(stream.endCapture());
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
    throwIfLost();
    try {
        for (const Graph& graph : graphs_) {
            throwIfStopped(stop);
            program_.stream->launch(graph);
            program_.stream->synchronize();
        }
    } catch (const Error& error) {
        if (error.code() == ErrorCode::kDeviceLost) lost_ = error.what();
        throw;
    }
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
