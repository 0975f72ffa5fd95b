// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/module/convolution.h"

#include <array>

#include "engine/backend/cuda/module/failures.h"

namespace overfeat::backend::cuda {
namespace {

constexpr cudnnTensorFormat_t kFormat = CUDNN_TENSOR_NHWC;
constexpr cudnnDataType_t kFloat = CUDNN_DATA_FLOAT;

// The first that is no success.
template <class... Calls>
cudnnStatus_t inOrder(Calls... calls) {
    cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
    (void)((status = calls(), status == CUDNN_STATUS_SUCCESS) && ...);
    return status;
}

}  // namespace

Convolution::~Convolution() {
    if (source_ != nullptr) cudnnDestroyTensorDescriptor(source_);
    if (destination_ != nullptr) cudnnDestroyTensorDescriptor(destination_);
    if (bias_ != nullptr) cudnnDestroyTensorDescriptor(bias_);
    if (weights_ != nullptr) cudnnDestroyFilterDescriptor(weights_);
    if (convolution_ != nullptr) cudnnDestroyConvolutionDescriptor(convolution_);
    if (activation_ != nullptr) cudnnDestroyActivationDescriptor(activation_);
}

cudnnStatus_t Convolution::describe(const ConvolutionShape& s) {
    return inOrder(
        [&] { return cudnnCreateTensorDescriptor(&source_); },
        [&] { return cudnnCreateTensorDescriptor(&destination_); },
        [&] { return cudnnCreateTensorDescriptor(&bias_); },
        [&] { return cudnnCreateFilterDescriptor(&weights_); },
        [&] { return cudnnCreateConvolutionDescriptor(&convolution_); },
        [&] { return cudnnCreateActivationDescriptor(&activation_); },
        [&] {
            return cudnnSetTensor4dDescriptor(source_, kFormat, kFloat, s.batch, s.in_channels,
                                              s.in_height, s.in_width);
        },
        [&] {
            return cudnnSetTensor4dDescriptor(destination_, kFormat, kFloat, s.batch,
                                              s.out_channels, s.out_height, s.out_width);
        },
        [&] { return cudnnSetTensor4dDescriptor(bias_, kFormat, kFloat, 1, s.out_channels, 1, 1); },
        [&] {
            return cudnnSetFilter4dDescriptor(weights_, kFloat, kFormat, s.out_channels,
                                              s.in_channels / s.groups, s.kernel_height,
                                              s.kernel_width);
        },
        [&] {
            return cudnnSetConvolution2dDescriptor(
                convolution_, s.padding_height, s.padding_width, s.stride_height, s.stride_width,
                s.dilation_height, s.dilation_width, CUDNN_CROSS_CORRELATION, kFloat);
        },
        [&] { return cudnnSetConvolutionGroupCount(convolution_, s.groups); },
        [&] {
            return cudnnSetConvolutionMathType(
                convolution_, s.may_round_factors != 0 ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH);
        },
        [&] {
            return cudnnSetActivationDescriptor(
                activation_, s.with_relu != 0 ? CUDNN_ACTIVATION_RELU : CUDNN_ACTIVATION_IDENTITY,
                CUDNN_NOT_PROPAGATE_NAN, 0);
        });
}

// The first of cuDNN's guesses that needs no more room than there is. Nothing is timed, so that a
// network always gets the same plan.
cudnnStatus_t Convolution::choose(cudnnHandle_t handle, std::size_t& scratch_bytes) {
    std::array<cudnnConvolutionFwdAlgoPerf_t, CUDNN_CONVOLUTION_FWD_ALGO_COUNT> guesses{};
    int count = 0;
    const cudnnStatus_t status = cudnnGetConvolutionForwardAlgorithm_v7(
        handle, source_, weights_, convolution_, destination_, static_cast<int>(guesses.size()),
        &count, guesses.data());
    if (status != CUDNN_STATUS_SUCCESS) return status;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        const cudnnConvolutionFwdAlgoPerf_t& guess = guesses[i];
        if (guess.status != CUDNN_STATUS_SUCCESS) continue;
        // Without a ReLU the fused call knows only this one.
        const bool fits =
            !fused_ || with_relu_ || guess.algo == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
        std::size_t bytes = 0;
        if (!fits || cudnnGetConvolutionForwardWorkspaceSize(handle, source_, weights_,
                                                             convolution_, destination_, guess.algo,
                                                             &bytes) != CUDNN_STATUS_SUCCESS)
            continue;
        if (bytes > scratch_bytes) continue;
        algorithm_ = guess.algo;
        scratch_bytes_ = scratch_bytes = bytes;
        // The guess says which arithmetic it was made for. No rounding unless it was asked for.
        return may_round_ ? cudnnSetConvolutionMathType(convolution_, guess.mathType) : status;
    }
    return CUDNN_STATUS_NOT_SUPPORTED;
}

std::unique_ptr<Convolution> Convolution::create(cudnnHandle_t handle,
                                                 const ConvolutionShape& shape,
                                                 std::size_t& scratch_bytes, Status& status) {
    const bool fused = shape.with_bias + shape.with_residual + shape.with_relu > 0;
    status = Status::kUnsupported;
    if (fused && shape.with_bias == 0) return nullptr;  // the fused call insists on one
    std::unique_ptr<Convolution> made(new Convolution);
    made->fused_ = fused;
    made->with_relu_ = shape.with_relu != 0;
    made->may_round_ = shape.may_round_factors != 0;
    status = statusOf(made->describe(shape));
    if (status == Status::kOk) status = statusOf(made->choose(handle, scratch_bytes));
    if (status != Status::kOk) made.reset();
    return made;
}

Status Convolution::run(cudnnHandle_t handle, const ConvolutionBuffers& buffers) const {
    const float one = 1;
    const float zero = 0;
    if (!fused_) {
        return statusOf(cudnnConvolutionForward(
            handle, &one, source_, buffers.source, weights_, buffers.weights, convolution_,
            algorithm_, buffers.scratch, scratch_bytes_, &zero, destination_, buffers.destination));
    }
    const bool adds = buffers.residual != nullptr;
    const float* residual = adds ? buffers.residual : buffers.destination;
    return statusOf(cudnnConvolutionBiasActivationForward(
        handle, &one, source_, buffers.source, weights_, buffers.weights, convolution_, algorithm_,
        buffers.scratch, scratch_bytes_, adds ? &one : &zero, destination_, residual, bias_,
        buffers.bias, activation_, destination_, buffers.destination));
}

}  // namespace overfeat::backend::cuda
