// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/onednn_backend.h"

#include <chrono>
#include <new>
#include <utility>

#include "engine/backend/onednn/compiler.h"
#include "engine/backend/onednn/library.h"
#include "engine/backend/onednn/parallel.h"
#include "engine/backend/onednn/weight_store.h"
#include "engine/core/error.h"
#include "engine/core/jobs.h"

namespace overfeat::backend {
namespace {

using onednn::ComputeScope;
using onednn::Program;
using onednn::Step;

std::string threadsText(int threads) {
    return std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

class OnednnPlan final : public Plan {
public:
    OnednnPlan(Program program, int threads) : program_(std::move(program)), threads_(threads) {}

    const Shape& inputShape() const noexcept override { return program_.input_shape; }
    std::span<float> input() noexcept override {
        if (program_.input_count == 0) return {};
        return {program_.workspace->data(program_.input),
                static_cast<std::size_t>(program_.input_count)};
    }

    using Plan::run;
    void run(const std::stop_token& stop) override {
        const ComputeScope scope(threads_);
        for (const Step& step : program_.steps) {
            throwIfStopped(stop);
            if (!step.work(stop)) throwIfStopped(stop);
        }
    }

    std::size_t outputCount() const noexcept override { return program_.outputs.size(); }
    const Shape& outputShape(std::size_t i) const override { return program_.outputs.at(i).shape; }
    std::span<const float> output(std::size_t i) const override {
        const Program::Output& output = program_.outputs.at(i);
        return {program_.workspace->data(output.buffer),
                static_cast<std::size_t>(output.shape.elementCount())};
    }

    PlanStatistics statistics() const override { return program_.statistics; }

    std::vector<LayerTiming> profile() override {
        const ComputeScope scope(threads_);
        std::vector<LayerTiming> timings;
        timings.reserve(program_.steps.size());
        for (const Step& step : program_.steps) {
            const auto start = std::chrono::steady_clock::now();
            step.work({});
            const std::chrono::duration<double, std::milli> elapsed =
                std::chrono::steady_clock::now() - start;
            timings.push_back(
                {step.node, step.op, step.implementation, elapsed.count(), step.multiply_adds});
        }
        return timings;
    }

private:
    Program program_;
    int threads_;
};

class OnednnBackend final : public Backend {
public:
    std::string_view name() const noexcept override { return "onednn"; }

    Availability probe() const override {
        try {
            return {true, describe(threadCount(0))};
        } catch (const Error& error) {
            return {false, error.what()};
        }
    }

    std::unique_ptr<Plan> compile(const net::Graph& graph, const Shape& input,
                                  const CompileOptions& options) const override {
        net::validate(graph);
        const int threads = threadCount(options.threads);
        try {
            const ComputeScope scope(threads);
            Program program =
                onednn::compileProgram(graph, input, options.max_workspace_bytes, weights_);
            program.statistics.description = describe(threads);
            return std::make_unique<OnednnPlan>(std::move(program), threads);
        } catch (const std::bad_alloc&) {
            throw Error(ErrorCode::kRuntime,
                        "There is not enough memory to run the network on an input of " +
                            input.toString() + "; use a smaller picture or fewer scales.");
        }
    }

private:
    static std::string describe(int threads) {
        const onednn::LibraryInfo info = onednn::libraryInfo();
        return "oneDNN " + info.version + " (" + info.isa + ", " + threadsText(threads) + ")";
    }

    mutable onednn::WeightStore weights_;  // a cache; locks itself
};

}  // namespace

const Backend& onednnBackend() {
    static const OnednnBackend kBackend;
    return kBackend;
}

}  // namespace overfeat::backend
