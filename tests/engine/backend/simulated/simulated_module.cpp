// SPDX-License-Identifier: Apache-2.0
//
// A module with a simulated card.
#include "tests/engine/backend/simulated/simulated_device.h"

extern "C" {
[[gnu::visibility("default")]] extern const std::uint32_t overfeat_cuda_abi;
const std::uint32_t overfeat_cuda_abi = overfeat::backend::cuda::kModuleAbi;

[[gnu::visibility("default")]] const overfeat::backend::cuda::DeviceApi* overfeat_cuda_device();
const overfeat::backend::cuda::DeviceApi* overfeat_cuda_device() {
    static const overfeat::test::SimulatedDevice kDevice;
    return &kDevice.api();
}
}
