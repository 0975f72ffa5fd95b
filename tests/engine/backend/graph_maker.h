// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/graph.h"

namespace overfeat::test {

// Writes small networks down layer by layer. Weights are pseudo-random with a fixed seed, scaled so
// that sums stay near one whatever the depth.
class GraphMaker {
public:
    explicit GraphMaker(Shape input, std::uint32_t seed = 1) : state_(seed) {
        graph_.input = graph_.addValue("x");
        graph_.input_shape = input;
    }

    net::ValueId input() const { return graph_.input; }

    net::ValueId constant(const Shape& shape, std::vector<float> values) {
        return graph_.addValue("c" + std::to_string(graph_.values.size()),
                               std::make_shared<Tensor>(shape, std::move(values)));
    }
    net::ValueId random(const Shape& shape, float scale, float offset = 0) {
        std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
        for (float& value : values)
            value = offset + scale * next();
        return constant(shape, std::move(values));
    }
    net::ValueId node(net::Op op, std::vector<net::ValueId> inputs) {
        const std::string name = "n" + std::to_string(graph_.nodes.size());
        const net::ValueId output = graph_.addValue(name + ":out");
        graph_.nodes.push_back({name, std::move(op), std::move(inputs), output});
        return output;
    }

    struct ConvSpec {
        std::int64_t in;
        std::int64_t out;
        net::SlidingWindow window;
        std::int64_t groups = 1;
        net::Activation activation{};
        bool bias = true;
        net::ValueId residual = net::kNoValue;
    };
    net::ValueId conv(net::ValueId x, const ConvSpec& spec) {
        const std::int64_t depth = spec.in / spec.groups;
        const net::Extent2 kernel = spec.window.kernel;
        const auto fan_in = static_cast<float>(depth * kernel.height * kernel.width);
        const net::ValueId weight =
            random({spec.out, depth, kernel.height, kernel.width}, 1.7F / std::sqrt(fan_in));
        std::vector<net::ValueId> inputs{x, weight,
                                         spec.bias ? random({spec.out}, 0.3F) : net::kNoValue};
        if (spec.residual != net::kNoValue) inputs.push_back(spec.residual);
        return node(net::Conv{spec.window, spec.groups, spec.activation}, std::move(inputs));
    }

    net::Graph finish(std::vector<net::ValueId> outputs) {
        graph_.outputs = std::move(outputs);
        return graph_;
    }

    // Uniform in [-1, 1), the same on every machine.
    float next() {
        state_ = state_ * 1664525U + 1013904223U;
        return static_cast<float>(state_ >> 8) / 8388608.0F - 1.0F;
    }

private:
    net::Graph graph_;
    std::uint32_t state_;
};

}  // namespace overfeat::test
