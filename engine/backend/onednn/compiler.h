// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/onednn/weight_store.h"
#include "engine/backend/onednn/workspace.h"
#include "engine/core/shape.h"
#include "engine/net/graph.h"

namespace overfeat::backend::onednn {

// Allocates nothing. Returns whether its result is finished; after a stop request it need not be.
using Work = std::function<bool(const std::stop_token& stop)>;

// One thing to do in run().
struct Step {
    std::string node;
    std::string op;
    std::string implementation;
    std::int64_t multiply_adds = 0;
    std::int64_t weight_bytes = 0;
    Work work;
};

// A network turned into a list of steps over one workspace.
struct Program {
    struct Output {
        Shape shape;
        BufferId buffer;
    };

    Shape input_shape;
    std::int64_t input_count = 0;  // floats; 0 if the graph has no input
    BufferId input = 0;
    std::unique_ptr<Workspace> workspace;  // steps point to it
    std::vector<Step> steps;
    std::vector<Output> outputs;
    std::vector<std::shared_ptr<const Tensor>> constants;  // that steps read in place
    PlanStatistics statistics;
};

// Compiles a valid graph. Throws Error(kModel) if a node or the workspace is more than it can do.
// Runs inside a ComputeScope with the threads the program will be run with: oneDNN divides the work
// when it compiles.
Program compileProgram(const net::Graph& graph, const Shape& input,
                       std::int64_t max_workspace_bytes, WeightStore& weights);

}  // namespace overfeat::backend::onednn
