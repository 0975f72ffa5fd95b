// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/core/api.h"
#include "engine/core/device_choice.h"
#include "engine/core/image.h"
#include "engine/core/shape.h"
#include "engine/core/tensor.h"
#include "engine/net/model.h"

namespace overfeat::detect {

// Computes what one layer of a network says about the centre view of pictures (Views::kCentre): any
// value of the ONNX graph by its name, or the model's embedding.
//
//     detect::FeatureExtractor extractor(model, "");
//     Tensor embedding = extractor.extract(image);
//
// Threads: one thread at a time.
class OVERFEAT_API FeatureExtractor {
public:
    struct Options {
        std::string device = "auto";  // see backend::chooseBackend
        int threads = 0;              // 0 = as many as the machine has cores
        // As in Placement: tried before the backends of the registry, where the device is "auto".
        std::vector<const backend::Backend*> first{};
        // The network slides over the picture at the picture's own size: the values are a map, of
        // one cell for each window. Pictures smaller than a window are refused. Every size of
        // pictures is a plan of its own, of which the last one is kept.
        bool whole_picture = false;
    };

    // `layer` empty means the features output. Throws Error(kUsage) if the model has no such value
    // (with near matches) or no features output.
    FeatureExtractor(std::shared_ptr<const net::Model> model, const std::string& layer,
                     const Options& options);
    ~FeatureExtractor();
    FeatureExtractor(FeatureExtractor&&) noexcept;
    FeatureExtractor& operator=(FeatureExtractor&&) noexcept;

    // The name of the value that is computed.
    const std::string& layer() const noexcept;
    // Its values before any centring or scaling, in the value's own shape, e.g. 1x512. The tensor
    // belongs to the caller; later calls do not change it. A device that fails is given up for the
    // next one. Throws Error(kInput) for a picture that is empty, or too small or too large to be
    // looked at whole, Error(kModel) if the values are not finite, Error(kDeviceLost) if the device
    // that was asked for by its name fails.
    Tensor extract(const Image& image);

    // Of what extract() gives: known before there is a picture, but of whole pictures, where it is
    // that of the last one.
    const Shape& shape() const noexcept;
    // What computes, e.g. "onednn (AVX2, 2 threads)"; of whole pictures from the first one on.
    const std::string& device() const noexcept;
    // Why that, and not a better one.
    const DeviceChoice& choice() const noexcept;
    // The same as extract() into the caller's memory, which holds shape().elementCount() floats.
    // What is there after a throw is not said. Throws Error(kCancelled) soon after a stop request.
    void extractInto(const Image& image, std::span<float> values, const std::stop_token& stop = {});

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace overfeat::detect
