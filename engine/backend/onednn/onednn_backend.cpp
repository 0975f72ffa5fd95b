// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/onednn_backend.h"

#include <algorithm>
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
    OnednnPlan(Program program, int threads) : program_(std::move(program)), threads_(threads) {
        stages_.push_back(0);
        for (std::size_t i = 1; i < program_.steps.size(); ++i)
            if (program_.steps[i].weight_bytes >= kManyWeights) stages_.push_back(i);
    }

    const Shape& inputShape() const noexcept override { return program_.input_shape; }
    std::span<float> input() noexcept override {
        if (program_.input_count == 0) return {};
        return {program_.workspace->data(program_.input),
                static_cast<std::size_t>(program_.input_count)};
    }

    using Plan::run;
    void run(const std::stop_token& stop) override {
        const ComputeScope scope(threads_);
        for (std::size_t stage = 0; stage < stages_.size(); ++stage)
            runStage(stage, stop);
    }

    int threads() const noexcept { return threads_; }
    // A plan is cut before every step that reads many weights. Plans of one network are cut at the
    // same places of it, whatever their size.
    std::size_t stageCount() const noexcept { return stages_.size(); }
    // Inside a ComputeScope; all of them in turn are a run().
    void runStage(std::size_t stage, const std::stop_token& stop) const {
        const std::size_t end =
            stage + 1 < stages_.size() ? stages_[stage + 1] : program_.steps.size();
        for (std::size_t i = stages_[stage]; i < end; ++i) {
            throwIfStopped(stop);
            if (!program_.steps[i].work(stop)) throwIfStopped(stop);
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
    // More than the caches of a core keep while another layer runs.
    static constexpr std::int64_t kManyWeights = std::int64_t{256} * 1024;

    Program program_;
    int threads_;
    std::vector<std::size_t> stages_;  // their first steps
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

    // Layer by layer, so that weights that were read for one level are still in the cache for the
    // next: small levels wait longer for them than they compute.
    void runTogether(std::span<Plan* const> plans, const std::stop_token& stop) const override {
        std::size_t stages = 0;
        int threads = 0;
        for (const Plan* plan : plans) {
            const auto* mine = dynamic_cast<const OnednnPlan*>(plan);
            if (mine == nullptr || (threads != 0 && mine->threads() != threads)) {
                return Backend::runTogether(plans, stop);
            }
            threads = mine->threads();
            stages = std::max(stages, mine->stageCount());
        }
        if (plans.empty()) return;
        const ComputeScope scope(threads);
        for (std::size_t stage = 0; stage < stages; ++stage) {
            for (const Plan* plan : plans) {
                const auto& mine = static_cast<const OnednnPlan&>(*plan);
                if (stage < mine.stageCount()) mine.runStage(stage, stop);
            }
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
