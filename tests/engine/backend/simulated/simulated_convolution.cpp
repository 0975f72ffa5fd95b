// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/backend/simulated/simulated_convolution.h"

#include <vector>

namespace overfeat::test {

using backend::cuda::ConvolutionBuffers;
using backend::cuda::ConvolutionShape;

std::array<std::pair<const float*, std::size_t>, 5> extentsOf(const ConvolutionShape& shape,
                                                              const ConvolutionBuffers& buffers) {
    const auto count = [](auto... extents) { return (static_cast<std::size_t>(extents) * ...); };
    const std::size_t source =
        count(shape.batch, shape.in_height, shape.in_width, shape.in_channels);
    const std::size_t weights = count(shape.out_channels, shape.kernel_height, shape.kernel_width,
                                      shape.in_channels / shape.groups);
    const std::size_t destination =
        count(shape.batch, shape.out_height, shape.out_width, shape.out_channels);
    return {{{buffers.source, source},
             {buffers.weights, weights},
             {buffers.bias, static_cast<std::size_t>(shape.out_channels)},
             {buffers.residual, destination},
             {buffers.destination, destination}}};
}

namespace {

// The sums of one cell, all channels.
void addTaps(const ConvolutionShape& s, const ConvolutionBuffers& b, int n, int y, int x,
             std::vector<double>& sums) {
    const int ins = s.in_channels / s.groups;
    const int outs = s.out_channels / s.groups;
    for (int i = 0; i < s.kernel_height; ++i) {
        const int row = y * s.stride_height - s.padding_height + i * s.dilation_height;
        if (row < 0 || row >= s.in_height) continue;
        for (int j = 0; j < s.kernel_width; ++j) {
            const int column = x * s.stride_width - s.padding_width + j * s.dilation_width;
            if (column < 0 || column >= s.in_width) continue;
            const float* cell =
                b.source +
                ((std::ptrdiff_t{n} * s.in_height + row) * s.in_width + column) * s.in_channels;
            for (int o = 0; o < s.out_channels; ++o) {
                const float* from = cell + o / outs * ins;
                const float* weights =
                    b.weights +
                    ((std::ptrdiff_t{o} * s.kernel_height + i) * s.kernel_width + j) * ins;
                double sum = 0;
                for (int k = 0; k < ins; ++k)
                    sum += double{from[k]} * weights[k];
                sums[static_cast<std::size_t>(o)] += sum;
            }
        }
    }
}

}  // namespace

void simulateConvolution(const ConvolutionShape& s, const ConvolutionBuffers& b) {
    std::vector<double> sums(static_cast<std::size_t>(s.out_channels));
    std::ptrdiff_t at = 0;
    for (int n = 0; n < s.batch; ++n) {
        for (int y = 0; y < s.out_height; ++y) {
            for (int x = 0; x < s.out_width; ++x) {
                for (int o = 0; o < s.out_channels; ++o)
                    sums[static_cast<std::size_t>(o)] = b.bias != nullptr ? b.bias[o] : 0;
                addTaps(s, b, n, y, x, sums);
                for (int o = 0; o < s.out_channels; ++o, ++at) {
                    double sum = sums[static_cast<std::size_t>(o)];
                    if (b.residual != nullptr) sum += b.residual[at];
                    if (s.with_relu != 0 && sum < 0) sum = 0;
                    b.destination[at] = static_cast<float>(sum);
                }
            }
        }
    }
}

}  // namespace overfeat::test
