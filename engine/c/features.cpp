// SPDX-License-Identifier: Apache-2.0
#include "engine/c/guard.h"
#include "engine/c/handles.h"
#include "engine/net/model.h"

using overfeat::c::guarded;
using overfeat::c::require;

overfeat_status overfeat_features_open(const char* model_file, const char* layer,
                                       const overfeat_placement* placement,
                                       overfeat_features** features) {
    if (features != nullptr) *features = nullptr;
    return guarded([&] {
        require(features, "The place for the extractor");
        require(model_file, "The model's name");
        const auto where = overfeat::c::placementOf(placement);
        *features = new overfeat_features{
            overfeat::detect::FeatureExtractor(overfeat::net::loadModel(model_file),
                                               layer != nullptr ? layer : "",
                                               {.device = where.device, .threads = where.threads}),
            {}};
    });
}

void overfeat_features_close(overfeat_features* features) {
    delete features;
}

overfeat_status overfeat_features_extract(overfeat_features* features, const overfeat_image* image,
                                          const float** values, size_t* count,
                                          const int64_t** shape, size_t* rank) {
    if (values != nullptr) *values = nullptr;
    if (count != nullptr) *count = 0;
    if (shape != nullptr) *shape = nullptr;
    if (rank != nullptr) *rank = 0;
    return guarded([&] {
        require(features, "The extractor");
        features->last = features->extractor.extract(overfeat::c::imageOf(image));
        const overfeat::Tensor& made = features->last;
        if (values != nullptr) *values = made.values().data();
        if (count != nullptr) *count = made.values().size();
        if (shape != nullptr) *shape = made.shape().dims().data();
        if (rank != nullptr) *rank = made.shape().dims().size();
    });
}
