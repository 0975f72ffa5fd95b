// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <memory>
#include <span>

#include "engine/c/guard.h"
#include "engine/c/handles.h"
#include "engine/c/live_handles.h"
#include "engine/net/model.h"

using overfeat::c::guarded;
using overfeat::c::require;
using overfeat::c::required;

overfeat_features::overfeat_features(const std::shared_ptr<const overfeat::net::Model>& model,
                                     const char* given_layer,
                                     const overfeat::detect::Placement& placement)
    : extractor(
          model, given_layer != nullptr ? given_layer : "",
          {.device = placement.device, .threads = placement.threads, .first = placement.first}),
      layer(extractor.layer()),
      shape(extractor.shape()),
      count(static_cast<std::size_t>(shape.elementCount())),
      window_px(model->window_px),
      device(extractor.device()) {}

void overfeat_features::noteDevice() noexcept {
    try {
        device.become(extractor.device());
    } catch (const std::exception&) {  // the older name stays
    }
}

namespace {

// A picture whose memory is worth keeping: asking for it again would take as long as a small layer.
constexpr std::size_t kMostKeptBytes = std::size_t{12} << 20;

void extractInto(overfeat_features& of, const overfeat_image* image, std::span<float> values,
                 const std::stop_token& stop) {
    overfeat::c::readImage(image, of.picture);
    of.extractor.extractInto(of.picture, values, stop);
    if (of.picture.bytes().size() > kMostKeptBytes) of.picture = {};
}

}  // namespace

overfeat_status overfeat_features_open(const char* model_file, const char* layer,
                                       const overfeat_placement* placement,
                                       overfeat_features** features) {
    if (features != nullptr) *features = nullptr;
    return guarded([&] {
        require(features, "The place for the extractor");
        require(model_file, "The model's name");
        const auto where = overfeat::c::placementOf(placement);
        *features = overfeat::c::handOut(std::make_shared<overfeat_features>(
            overfeat::net::loadModel(model_file), layer, where));
    });
}

overfeat_status overfeat_features_of(overfeat_recogniser* recogniser, const char* layer,
                                     overfeat_features** features) {
    if (features != nullptr) *features = nullptr;
    return guarded([&] {
        require(features, "The place for the extractor");
        const auto owner = required(recogniser, "The recogniser");
        *features = overfeat::c::handOut(std::make_shared<overfeat_features>(
            owner->info.models.front(), layer, overfeat::c::placementNow(*owner)));
    });
}

void overfeat_features_close(overfeat_features* features) {
    if (const auto closed = overfeat::c::takeBack(features)) closed->turns.close();
}

void overfeat_features_cancel(overfeat_features* features) {
    if (const auto running = overfeat::c::alive(features)) running->turns.cancel();
}

overfeat_status overfeat_features_get_info(const overfeat_features* features,
                                           overfeat_features_info* info, size_t size) {
    return guarded([&] {
        const auto of = required(features, "The extractor");
        require(info, "The place for what is known");
        overfeat::c::hand<overfeat_features_info>({.size = sizeof(overfeat_features_info),
                                                   .layer = of->layer.c_str(),
                                                   .device = of->device.now().c_str(),
                                                   .shape = of->shape.dims().data(),
                                                   .rank = of->shape.dims().size(),
                                                   .count = of->count,
                                                   .window_px = of->window_px},
                                                  info, size);
    });
}

overfeat_status overfeat_features_extract(overfeat_features* features, const overfeat_image* image,
                                          const float** values, size_t* count,
                                          const int64_t** shape, size_t* rank) {
    if (values != nullptr) *values = nullptr;
    if (count != nullptr) *count = 0;
    if (shape != nullptr) *shape = nullptr;
    if (rank != nullptr) *rank = 0;
    return guarded([&] {
        const auto of = required(features, "The extractor");
        const overfeat::c::Computing turn(*of, "The extractor");
        of->last.resize(of->count);
        extractInto(*of, image, of->last, turn.stop());
        if (values != nullptr) *values = of->last.data();
        if (count != nullptr) *count = of->count;
        if (shape != nullptr) *shape = of->shape.dims().data();
        if (rank != nullptr) *rank = of->shape.dims().size();
    });
}

overfeat_status overfeat_features_extract_all(overfeat_features* features,
                                              const overfeat_image* images, size_t image_count,
                                              float* values, size_t capacity, size_t* done) {
    if (done != nullptr) *done = 0;
    return guarded([&] {
        const auto of = required(features, "The extractor");
        const overfeat::c::Computing turn(*of, "The extractor");
        if (image_count == 0) return;
        require(images, "The list of pictures");
        require(values, "The place for the values");
        if (capacity / image_count < of->count) {
            throw overfeat::Error(
                overfeat::ErrorCode::kUsage,
                std::to_string(image_count) + " pictures have " + std::to_string(of->count) +
                    " values each; there is room for " + std::to_string(capacity) + " in all.");
        }
        float* to = values;
        for (const overfeat_image& image : std::span(images, image_count)) {
            extractInto(*of, &image, {to, of->count}, turn.stop());
            to += of->count;
            if (done != nullptr) ++*done;
        }
    });
}
