// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace overfeat::backend::cuda {

// Queues body(first) ... body(first + count - 1) of the kernel with this number.
cudaError_t launchBody(cudaStream_t stream, std::int32_t kernel, const void* body,
                       std::size_t body_bytes, std::int64_t first, std::int64_t count);

}  // namespace overfeat::backend::cuda
