// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "engine/core/api.h"
#include "engine/core/image.h"
#include "engine/core/tensor.h"
#include "engine/net/model.h"

namespace overfeat::detect {

// Computes what one layer of a network says about the centre view of pictures (Views::kCentre), or
// about whole pictures: any value of the model's graph by its name, or the model's embedding.
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
        // The network slides over the picture at the picture's own size: the values are a map, of
        // one cell for each window. Pictures smaller than a window are refused. Every size of
        // pictures is a plan of its own, of which the last one is kept.
        bool whole_picture = false;
    };

    // `layer` empty means the features output. Throws Error(kUsage) if the model has no such value
    // (with near matches) or no features output, or cannot slide although it should.
    FeatureExtractor(std::shared_ptr<const net::Model> model, const std::string& layer,
                     const Options& options);
    ~FeatureExtractor();
    FeatureExtractor(FeatureExtractor&&) noexcept;
    FeatureExtractor& operator=(FeatureExtractor&&) noexcept;

    // The name of the value that is computed.
    const std::string& layer() const noexcept;
    // Its values before any centring or scaling, in the value's own shape, e.g. 1x512. The tensor
    // belongs to the caller; later calls do not change it. Throws Error(kInput) for a picture that
    // is empty, or too small or too large to be looked at whole, Error(kModel) if the values are
    // not finite.
    Tensor extract(const Image& image);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace overfeat::detect
