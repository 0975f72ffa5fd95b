// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/backend/simulated/tested_backends.h"

#include <vector>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/backend/registry.h"

namespace overfeat::test {

SimulatedDevice& testedDevice() {
    static SimulatedDevice device;
    return device;
}

std::span<const backend::Backend* const> testedBackends() {
    static const backend::cuda::CudaBackend kSimulated("simulated", [] {
        return backend::cuda::Device{&testedDevice().api(), {}};
    });
    static const std::vector<const backend::Backend*> kAll = [] {
        std::vector<const backend::Backend*> all{&kSimulated};
        for (const backend::Backend* backend : backend::backends())
            all.push_back(backend);
        return all;
    }();
    return kAll;
}

}  // namespace overfeat::test
