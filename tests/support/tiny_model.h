// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/net/model.h"

namespace overfeat::test {

// Builds small networks by hand whose answers can be written down, for tests.
//
//     TinyModel tiny(8);  // window of 8 px
//     const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
//     const auto model = tiny.finish(tiny.gemm(mean, 3, {...}, {...}));
//
// Values have the names of their layers: "conv1", "relu2", ...
class TinyModel {
public:
    explicit TinyModel(int window_px);

    net::ValueId input() const noexcept { return model_.graph.input; }

    // weight [out][in][kernel][kernel], row-major; no padding, no bias.
    net::ValueId conv(net::ValueId x, std::int64_t out, std::int64_t in, std::int64_t kernel,
                      std::int64_t stride, std::vector<float> weight, std::int64_t padding = 0);
    net::ValueId relu(net::ValueId x);
    net::ValueId maxPool(net::ValueId x, std::int64_t kernel, std::int64_t stride);
    net::ValueId globalAveragePool(net::ValueId x);
    net::ValueId flatten(net::ValueId x);
    // weight [out][in], bias [out].
    net::ValueId gemm(net::ValueId x, std::int64_t out, std::vector<float> weight,
                      std::vector<float> bias);
    net::ValueId softmax(net::ValueId x);

    // Everything that may still be changed before finish(): labels, normalisation, names.
    net::Model& model() noexcept { return model_; }

    // Numbered labels are made up if model().labels is empty. Pixels arrive divided by 255 unless
    // model().normalisation says otherwise.
    std::shared_ptr<const net::Model> finish(net::ValueId scores,
                                             std::optional<net::ValueId> boxes = {},
                                             std::optional<net::ValueId> features = {});

private:
    net::ValueId add(const std::string& kind, net::Op op, std::vector<net::ValueId> inputs);
    net::ValueId constant(const std::string& name, Shape shape, std::vector<float> values);

    net::Model model_;
    int layers_ = 0;
};

// Answers "red", "green" and "blue" with softmax(gain * mean of the channel over the window), the
// mean taken of pixels scaled to 0..1. Slides exactly, in steps of 1 px.
std::shared_ptr<const net::Model> colourModel(int window_px, float gain);

}  // namespace overfeat::test
