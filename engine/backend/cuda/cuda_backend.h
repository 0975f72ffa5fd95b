// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/device_api.h"
#include "engine/backend/cuda/weight_store.h"

namespace overfeat::backend::cuda {

// A way to a card, or a sentence why there is none.
struct Device {
    const DeviceApi* api = nullptr;  // lives as long as the program
    std::string problem;
};

// Runs networks on what a table of functions leads to, be it a card or its simulation.
class CudaBackend final : public Backend {
public:
    // `find` is called once, when the device is asked for the first time.
    CudaBackend(std::string name, std::function<Device()> find);

    std::string_view name() const noexcept override { return name_; }
    Availability probe() const override;
    std::unique_ptr<Plan> compile(const net::Graph& graph, const Shape& input,
                                  const CompileOptions& options) const override;
    // Side by side on the card.
    void runTogether(std::span<Plan* const> plans, const std::stop_token& stop) const override;
    std::unique_ptr<DevicePicture> makePicture() const override;

private:
    const Device& device() const;

    std::string name_;
    std::function<Device()> find_;
    mutable std::once_flag found_;
    mutable Device device_;
    mutable WeightStore weights_;  // a cache; locks itself
};

// What the probe says of a card: nothing if it can be used.
std::string problemOf(Status status, const Card& card);
// "NVIDIA H200 (CUDA 13.0, cuDNN 9.19)"
std::string describe(const Card& card);

}  // namespace overfeat::backend::cuda

namespace overfeat::backend {

// A card of NVIDIA, through the module beside the program.
const Backend& cudaBackend();

}  // namespace overfeat::backend
