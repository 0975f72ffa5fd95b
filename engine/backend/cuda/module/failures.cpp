// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/module/failures.h"

namespace overfeat::backend::cuda {
namespace {

thread_local const char* failure = nullptr;  // a literal of the library

}  // namespace

Status statusOf(cudaError_t error) {
    if (error == cudaSuccess) return Status::kOk;
    failure = cudaGetErrorString(error);
    cudaGetLastError();  // so that the next call is not told of this one
    switch (error) {
        case cudaErrorInsufficientDriver:
            return Status::kDriverTooOld;
        case cudaErrorNoDevice:
            return Status::kNoCard;
        case cudaErrorMemoryAllocation:
            return Status::kOutOfMemory;
        default:
            return Status::kFailed;
    }
}

Status statusOf(cudnnStatus_t error) {
    if (error == CUDNN_STATUS_SUCCESS) return Status::kOk;
    failure = cudnnGetErrorString(error);
    if (error == CUDNN_STATUS_ALLOC_FAILED) return Status::kOutOfMemory;
    // In cuDNN 9 these are families of numbers, which share the thousands.
    const int family = static_cast<int>(error) / 1000;
    if (family == static_cast<int>(CUDNN_STATUS_NOT_SUPPORTED) / 1000 ||
        family == static_cast<int>(CUDNN_STATUS_BAD_PARAM) / 1000)
        return Status::kUnsupported;
    return Status::kFailed;
}

const char* lastFailure() {
    return failure;
}

}  // namespace overfeat::backend::cuda
