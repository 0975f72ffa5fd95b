// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend/picture.h"
#include "engine/core/api.h"
#include "engine/core/shape.h"
#include "engine/net/graph.h"

namespace overfeat::backend {

// Milliseconds one layer took, for the Network page and `overfeat bench`.
struct LayerTiming {
    std::string node;            // names of the fused nodes' last one
    std::string op;              // "Conv 3x3/2"
    std::string implementation;  // "jit:avx2", "reference"
    double ms = 0;
    std::int64_t multiply_adds = 0;
};

struct PlanStatistics {
    std::int64_t workspace_bytes = 0;  // activations and scratch
    std::int64_t weight_bytes = 0;     // as packed for this plan (shared ones counted once)
    int reorders_per_run = 0;          // layout conversions between layers inside run()
    int output_conversions = 0;        // outputs that run() has to bring into NCHW order
    std::string description;           // "onednn 2.6.3 (AVX2, 2 threads)"
};

// A network compiled for one input shape.
//
// run() allocates nothing, compiles nothing and reorders no weights after its first call.
// Threads: a plan belongs to one thread at a time; different plans may run on different threads.
class OVERFEAT_API Plan {
public:
    virtual ~Plan() = default;

    virtual const Shape& inputShape() const noexcept = 0;
    // Contiguous NCHW, owned by the plan: write the picture here, then run(). Takes a makeInputOf()
    // back.
    virtual std::span<float> input() noexcept = 0;
    // Instead of that: every run() from now on makes the input of the picture, which lives on as
    // long as it is wanted; the plan is told again after every set(). `resizing` may go when this
    // returns; the same one again costs nothing. False, and nothing changes, if the plan cannot: if
    // the picture is not of its device (Backend::makePicture), holds none or not one for this
    // resizing, or if the plan's input is not what comes out of it. Throws Error(kDeviceLost).
    virtual bool makeInputOf(const std::shared_ptr<const DevicePicture>& picture,
                             const Resizing& resizing);
    // Throws Error(kCancelled) soon after a stop request, without an allocation until then. The
    // outputs are worthless after that, but the plan can be run again. After Error(kDeviceLost) it
    // cannot, and says so.
    virtual void run(const std::stop_token& stop) = 0;
    void run() { run(std::stop_token()); }
    virtual std::size_t outputCount() const noexcept = 0;
    virtual const Shape& outputShape(std::size_t index) const = 0;
    // Contiguous NCHW (or the shape's own order for other ranks), valid until the next run().
    virtual std::span<const float> output(std::size_t index) const = 0;

    virtual PlanStatistics statistics() const = 0;
    // Runs once with a clock around every layer.
    virtual std::vector<LayerTiming> profile() = 0;

protected:
    static void throwIfStopped(const std::stop_token& stop);

    Plan() = default;
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
};

struct CompileOptions {
    int threads = 0;  // 0 = as many as the machine has cores
    // Plans that would need more for activations and scratch are refused with Error(kModel).
    std::int64_t max_workspace_bytes = std::int64_t{4} << 30;
    // A device whose arithmetic is much faster that way may round the factors of products to 11
    // bits (TF32); sums stay float. Processors take no notice.
    bool may_round_factors = false;
};

struct Availability {
    bool available = false;
    std::string sentence;  // what it is, or why it cannot be used and what to do
};

// One way of computing networks. Stateless but for weights it may keep packed per graph.
class OVERFEAT_API Backend {
public:
    virtual ~Backend() = default;
    virtual std::string_view name() const noexcept = 0;
    virtual Availability probe() const = 0;
    // Nothing if the graph can be compiled, else a sentence naming the first node that cannot. As
    // it stands here every valid graph can be; a backend that knows less says so itself.
    virtual std::optional<std::string> supports(const net::Graph& graph) const;
    // Throws Error(kModel) if shapes do not fit or budgets are exceeded, Error(kRuntime) if the
    // machine fails, Error(kDeviceLost) if a device of its own does: use the next backend. The plan
    // keeps what it needs of the graph.
    virtual std::unique_ptr<Plan> compile(const net::Graph& graph, const Shape& input,
                                          const CompileOptions& options) const = 0;
    // As run() of each of its plans, in an order that suits it: the levels of a frame, which are
    // one network at several sizes. Throws like run(); the outputs of all are worthless then.
    virtual void runTogether(std::span<Plan* const> plans, const std::stop_token& stop) const;
    // A place for pictures on the device, from which its plans make their inputs themselves.
    // Nothing where the processor does that as well. Throws Error(kDeviceLost).
    virtual std::unique_ptr<DevicePicture> makePicture() const;
};

}  // namespace overfeat::backend
