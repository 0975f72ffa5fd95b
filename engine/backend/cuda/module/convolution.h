// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cudnn.h>

#include <cstddef>
#include <memory>

#include "engine/backend/cuda/device_api.h"

namespace overfeat::backend::cuda {

// One convolution of cuDNN with its algorithm.
class Convolution {
public:
    // Empty if cuDNN has no code for it; `status` then says whether that is all.
    static std::unique_ptr<Convolution> create(cudnnHandle_t handle, const ConvolutionShape& shape,
                                               std::size_t& scratch_bytes, Status& status);
    ~Convolution();
    Convolution(const Convolution&) = delete;
    Convolution& operator=(const Convolution&) = delete;

    Status run(cudnnHandle_t handle, const ConvolutionBuffers& buffers) const;

private:
    Convolution() = default;
    cudnnStatus_t describe(const ConvolutionShape& shape);
    cudnnStatus_t choose(cudnnHandle_t handle, std::size_t& scratch_bytes);

    cudnnTensorDescriptor_t source_ = nullptr;
    cudnnTensorDescriptor_t destination_ = nullptr;
    cudnnTensorDescriptor_t bias_ = nullptr;
    cudnnFilterDescriptor_t weights_ = nullptr;
    cudnnConvolutionDescriptor_t convolution_ = nullptr;
    cudnnActivationDescriptor_t activation_ = nullptr;
    cudnnConvolutionFwdAlgo_t algorithm_ = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
    std::size_t scratch_bytes_ = 0;
    bool fused_ = false;
    bool with_relu_ = false;
    bool may_round_ = false;
};

}  // namespace overfeat::backend::cuda
