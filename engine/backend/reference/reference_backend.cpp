// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/reference/reference_backend.h"

#include <chrono>
#include <utility>

#include "engine/backend/layer_label.h"
#include "engine/backend/memory_plan.h"
#include "engine/backend/reference/reference_kernels.h"

namespace overfeat::backend {
namespace {

using reference::Operand;
using reference::Result;

std::size_t index(net::ValueId id) {
    return static_cast<std::size_t>(id);
}

// Keeps every intermediate value: an oracle should be easy to look into.
class ReferencePlan final : public Plan {
public:
    ReferencePlan(const net::Graph& graph, const Shape& input, const CompileOptions& options)
        : graph_(graph),
          input_shape_(input),
          shapes_(net::inferShapes(graph, input)),
          values_(graph.values.size()) {
        std::int64_t elements = 0;
        if (graph_.input != net::kNoValue) elements = input_shape_.elementCount();
        for (const net::Node& node : graph_.nodes)
            elements += shapes_[index(node.output)].elementCount();
        workspace_bytes_ = elements * std::int64_t{sizeof(float)};
        checkBudget(workspace_bytes_, options.max_workspace_bytes, input_shape_);
        if (graph_.input != net::kNoValue) allocate(graph_.input);
        for (const net::Node& node : graph_.nodes)
            allocate(node.output);
        for (const net::Node& node : graph_.nodes)
            operands_.push_back(operandsOf(node));
    }

    const Shape& inputShape() const noexcept override { return input_shape_; }
    std::span<float> input() noexcept override {
        if (graph_.input == net::kNoValue) return {};  // everything is constant
        return values_[index(graph_.input)];
    }

    using Plan::run;
    void run(const std::stop_token& stop) override {
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            throwIfStopped(stop);
            // A single node may take minutes here.
            if (!runNode(i, stop)) throwIfStopped(stop);
        }
    }

    std::size_t outputCount() const noexcept override { return graph_.outputs.size(); }
    const Shape& outputShape(std::size_t i) const override {
        return shapes_[index(graph_.outputs.at(i))];
    }
    std::span<const float> output(std::size_t i) const override {
        const net::ValueId id = graph_.outputs.at(i);
        if (const Tensor* constant = graph_.constant(id)) return constant->values();
        return values_[index(id)];
    }

    PlanStatistics statistics() const override {
        PlanStatistics statistics;
        statistics.workspace_bytes = workspace_bytes_;
        for (const net::Value& value : graph_.values)
            if (value.constant)
                statistics.weight_bytes +=
                    static_cast<std::int64_t>(value.constant->values().size_bytes());
        statistics.description = "reference (plain loops, 1 thread)";
        return statistics;
    }

    std::vector<LayerTiming> profile() override {
        std::vector<LayerTiming> timings;
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            const auto start = std::chrono::steady_clock::now();
            runNode(i, {});
            const std::chrono::duration<double, std::milli> elapsed =
                std::chrono::steady_clock::now() - start;
            const net::Node& node = graph_.nodes[i];
            timings.push_back({.node = node.name,
                               .op = layerLabel(node),
                               .implementation = "reference",
                               .ms = elapsed.count(),
                               .multiply_adds = layerMultiplyAdds(node, shapes_)});
        }
        return timings;
    }

private:
    void allocate(net::ValueId id) {
        values_[index(id)].resize(static_cast<std::size_t>(shapes_[index(id)].elementCount()));
    }

    std::vector<Operand> operandsOf(const net::Node& node) const {
        std::vector<Operand> operands;
        for (const net::ValueId id : node.inputs) {
            if (id == net::kNoValue) {
                operands.emplace_back();
            } else if (const Tensor* constant = graph_.constant(id)) {
                operands.push_back({constant->values().data(), constant->shape()});
            } else {
                operands.push_back({values_[index(id)].data(), shapes_[index(id)]});
            }
        }
        return operands;
    }

    // Whether it was finished.
    bool runNode(std::size_t i, const std::stop_token& stop) {
        const net::ValueId id = graph_.nodes[i].output;
        const Result result{values_[index(id)].data(), shapes_[index(id)]};
        return reference::compute(graph_.nodes[i].op, operands_[i], result, stop);
    }

    net::Graph graph_;  // a copy: constants are shared, so it is small
    Shape input_shape_;
    std::vector<Shape> shapes_;
    std::vector<std::vector<float>> values_;      // per value; empty for constants
    std::vector<std::vector<Operand>> operands_;  // per node
    std::int64_t workspace_bytes_ = 0;
};

class ReferenceBackend final : public Backend {
public:
    std::string_view name() const noexcept override { return "reference"; }

    Availability probe() const override {
        return {true, "plain loops in double precision on one thread; exact, but very slow"};
    }

    std::unique_ptr<Plan> compile(const net::Graph& graph, const Shape& input,
                                  const CompileOptions& options) const override {
        net::validate(graph);
        return std::make_unique<ReferencePlan>(graph, input, options);
    }
};

}  // namespace

const Backend& referenceBackend() {
    static const ReferenceBackend kBackend;
    return kBackend;
}

}  // namespace overfeat::backend
