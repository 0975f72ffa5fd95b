// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/module/launch.h"

#include "engine/backend/cuda/kernels.h"

namespace overfeat::backend::cuda {
namespace {

constexpr int kThreads = 256;  // per block

template <class Body>
__global__ void runBody(const Body body, std::int64_t first, std::int64_t count) {
    const std::int64_t i = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
    if (i < count) body(first + i);
}

}  // namespace

cudaError_t launchBody(cudaStream_t stream, std::int32_t kernel, const void* body,
                       std::size_t body_bytes, std::int64_t first, std::int64_t count) {
    // No network has 2^31 blocks of activations.
    const auto blocks = static_cast<unsigned>((count + kThreads - 1) / kThreads);
    const bool known = Kernels::with(kernel, body, body_bytes, [&](const auto& typed) {
        runBody<<<blocks, kThreads, 0, stream>>>(typed, first, count);
    });
    return known ? cudaGetLastError() : cudaErrorInvalidValue;
}

}  // namespace overfeat::backend::cuda
