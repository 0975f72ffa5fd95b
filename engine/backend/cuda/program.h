// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/device.h"
#include "engine/backend/memory_plan.h"
#include "engine/core/shape.h"
#include "engine/core/tensor.h"

namespace overfeat::backend::cuda {

// The memory of one plan on the device: one block for everything that is computed, and weights,
// which plans of one network share. Buffers are declared first and have addresses in the end.
class Arena {
public:
    BufferId add(std::int64_t floats);
    BufferId addBytes(std::int64_t bytes);
    BufferId addConstant(std::shared_ptr<const DeviceMemory> memory, std::int64_t floats);
    void use(BufferId buffer, int step);
    std::int64_t layOut() { return bytes_ = plan_.layOut(); }
    void allocate(const DeviceApi& api);

    Array<float> array(BufferId buffer) const;
    void* data(BufferId buffer) const;

private:
    struct Buffer {
        std::int64_t floats;
        std::shared_ptr<const DeviceMemory> constant;
    };
    const Buffer& at(BufferId id) const { return buffers_[static_cast<std::size_t>(id)]; }

    MemoryPlan plan_{256};  // what cudaMalloc aligns to
    std::vector<Buffer> buffers_;
    std::int64_t bytes_ = 0;
    DeviceMemory block_;
};

// One thing to queue.
struct Step {
    std::string node;
    std::string op;
    std::string implementation;
    std::int64_t multiply_adds = 0;
    std::int64_t work = 0;   // see Card::work_per_look
    bool continues = false;  // a part of the step before, which was too long
    std::function<void(Stream&)> queue;
};

// A network turned into steps over one arena.
struct Program {
    struct Output {
        Shape shape;
        std::shared_ptr<const Tensor> constant;  // known before it runs, or
        std::int64_t offset = 0;                 // where it comes back to, in floats
    };

    Shape input_shape;
    std::int64_t input_floats = 0;  // 0 if the graph has no input; else the first ones of `pinned`
    std::int64_t pinned_floats = 0;
    BufferId input = -1;  // where the first step puts them on the card
    std::vector<Output> outputs;
    std::vector<Step> steps;
    PlanStatistics statistics;

    // What the steps point to. Everything that is released goes after the stream, which is done
    // with it then.
    std::unique_ptr<Arena> arena;
    std::unique_ptr<PinnedMemory> pinned;
    std::vector<std::unique_ptr<ConvolutionOwner>> convolutions;
    std::unique_ptr<Stream> stream;
};

}  // namespace overfeat::backend::cuda
