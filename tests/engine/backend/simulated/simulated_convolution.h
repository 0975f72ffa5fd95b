// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "engine/backend/cuda/device_api.h"

namespace overfeat::test {

// What a convolution reads and writes, each with its number of floats.
std::array<std::pair<const float*, std::size_t>, 5> extentsOf(
    const backend::cuda::ConvolutionShape& shape, const backend::cuda::ConvolutionBuffers& buffers);

// NHWC, in plain loops.
void simulateConvolution(const backend::cuda::ConvolutionShape& shape,
                         const backend::cuda::ConvolutionBuffers& buffers);

}  // namespace overfeat::test
