// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>
#include <cudnn.h>

#include "engine/backend/cuda/device_api.h"

namespace overfeat::backend::cuda {

// What the libraries say, as the table says it; remembered for DeviceApi::explain.
Status statusOf(cudaError_t error);
Status statusOf(cudnnStatus_t error);
const char* lastFailure();

}  // namespace overfeat::backend::cuda
