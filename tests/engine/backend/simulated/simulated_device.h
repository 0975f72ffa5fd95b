// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/backend/cuda/device_api.h"

namespace overfeat::test {

// A card that is simulated on the processor, behind the same table of functions. It catches what a
// card would not forgive: memory that is not its own or not of the right kind, what lies outside of
// it, waits that are missing, and what is not given back. It says nothing about speed or drivers.
//
// - Memory is memory, of a few kinds that are told apart, and begins as not-a-number.
// - Streams are queues. Nothing runs before somebody waits for it, and of all that may run then one
//   is drawn by chance, so that only what events say is in order.
// - Convolutions are plain loops in double, kernels are their bodies, in any order.
// Threads: any.
class SimulatedDevice {
public:
    struct Options {
        backend::cuda::Status describes = backend::cuda::Status::kOk;
        std::int64_t memory_bytes = std::int64_t{4} << 30;
        std::int32_t capability = 90;  // 10 * major + minor
        std::int32_t driver = 13000;
        std::int64_t work_per_look = std::int64_t{1} << 22;
        bool knows_convolutions = true;  // else it refuses them all
        bool knows_fusion = true;        // else it refuses everything but the sums
        bool knows_padding = true;       // else it refuses those with padding
        // Called when somebody waits, with how many streams have something to do. May not use it.
        std::function<void(int)> on_wait{};
    };
    SimulatedDevice() : SimulatedDevice(Options{}) {}
    explicit SimulatedDevice(const Options& options);
    ~SimulatedDevice();
    SimulatedDevice(const SimulatedDevice&) = delete;
    SimulatedDevice& operator=(const SimulatedDevice&) = delete;

    const backend::cuda::DeviceApi& api() const;

    // How many calls there were that can fail.
    std::int64_t calls() const;
    // The call with this number (from now on, the next is 1) fails, and, if the device is lost, all
    // after it.
    void failAt(std::int64_t call, backend::cuda::Status status, bool lost);
    void repair();

    // What was made and not released.
    std::int64_t things() const;
    std::int64_t bytes() const;
    // What else was wrong: a sentence, or empty.
    std::string fault() const;
    // Whether this thread is in one of its calls: what it allocates there is nobody else's doing.
    static bool isInside() noexcept;

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace overfeat::test
