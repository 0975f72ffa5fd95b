// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/backend/reference/reference_backend.h"
#include "engine/core/tensor.h"
#include "engine/net/graph.h"

namespace overfeat::test {

// All outputs of `graph` for `input`, computed by the reference backend.
inline std::vector<Tensor> run(const net::Graph& graph, const Tensor& input) {
    const auto plan = backend::referenceBackend().compile(graph, input.shape(), {});
    std::ranges::copy(input.values(), plan->input().begin());
    plan->run();
    std::vector<Tensor> outputs;
    for (std::size_t i = 0; i < plan->outputCount(); ++i) {
        const auto values = plan->output(i);
        outputs.emplace_back(plan->outputShape(i),
                             std::vector<float>(values.begin(), values.end()));
    }
    return outputs;
}

// The part of a 1xCxHxW picture that starts at (top, left).
inline Tensor cropped(const Tensor& picture, std::int64_t top, std::int64_t left,
                      std::int64_t height, std::int64_t width) {
    const Shape& shape = picture.shape();
    Tensor part(Shape{1, shape[1], height, width});
    auto out = part.values().begin();
    for (std::int64_t c = 0; c < shape[1]; ++c) {
        for (std::int64_t y = 0; y < height; ++y) {
            const auto row = picture.values().begin() + (c * shape[2] + top + y) * shape[3] + left;
            out = std::copy(row, row + width, out);
        }
    }
    return part;
}

// Element (channel, y, x) of a 1xCxHxW tensor.
inline float at(const Tensor& map, std::int64_t channel, std::int64_t y, std::int64_t x) {
    const Shape& shape = map.shape();
    return map.values()[static_cast<std::size_t>((channel * shape[2] + y) * shape[3] + x)];
}

}  // namespace overfeat::test
