// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/features.h"

#include <algorithm>
#include <utility>

#include "engine/backend/registry.h"
#include "engine/core/error.h"
#include "engine/detect/level_result.h"
#include "engine/detect/resampler.h"
#include "engine/net/passes.h"

namespace overfeat::detect {
namespace {

std::string chosenLayer(const std::shared_ptr<const net::Model>& model, const std::string& layer) {
    if (model == nullptr) throw Error(ErrorCode::kUsage, "A feature extractor was given no model.");
    if (!layer.empty()) return layer;
    if (model->features) return *model->features;
    throw Error(ErrorCode::kUsage,
                "The model '" + model->name +
                    "' does not say which output holds its features; name a layer.",
                model->path);
}

}  // namespace

class FeatureExtractor::Implementation {
public:
    Implementation(std::shared_ptr<const net::Model> model, const std::string& layer,
                   const Options& options)
        : layer_(chosenLayer(model, layer)),
          model_(std::move(model)),
          normaliser_(model_->normalisation) {
        const net::Graph graph = net::fuse(net::withOutputs(model_->graph, {layer_}));
        const backend::Choice choice = backend::chooseBackend(options.device, graph);
        plan_ = choice.backend->compile(graph, {1, 3, model_->window_px, model_->window_px},
                                        {.threads = options.threads});
        shape_ = plan_->outputShape(0);
        device_ = plan_->statistics().description;
    }

    const std::string& layer() const noexcept { return layer_; }
    const Shape& shape() const noexcept { return shape_; }
    const std::string& device() const noexcept { return device_; }

    Tensor extract(const Image& image) {
        const std::span<const float> values = look(image, {});
        return Tensor(shape_, std::vector<float>(values.begin(), values.end()));
    }

    void extractInto(const Image& image, std::span<float> to, const std::stop_token& stop) {
        const std::span<const float> values = look(image, stop);
        if (values.size() != to.size()) {
            throw Error(ErrorCode::kUsage, "The layer '" + layer_ + "' has " +
                                               std::to_string(values.size()) +
                                               " values; give room for as many.");
        }
        std::ranges::copy(values, to.begin());
    }

private:
    // Good until the next call.
    std::span<const float> look(const Image& image, const std::stop_token& stop) {
        if (image.empty()) {
            throw Error(ErrorCode::kInput, "The picture has no pixels; choose another one.");
        }
        resampler_.begin(image, {});
        normaliser_.write(resampler_.centre(model_->crop, model_->window_px), false,
                          plan_->input());
        plan_->run(stop);
        const std::span<const float> values = plan_->output(0);
        if (!allFinite(values)) throwNotFinite(*model_);
        return values;
    }

    std::string layer_;
    std::string device_;
    Shape shape_;
    std::shared_ptr<const net::Model> model_;
    Normaliser normaliser_;
    Resampler resampler_;
    std::unique_ptr<backend::Plan> plan_;
};

FeatureExtractor::FeatureExtractor(std::shared_ptr<const net::Model> model,
                                   const std::string& layer, const Options& options)
    : implementation_(std::make_unique<Implementation>(std::move(model), layer, options)) {}
FeatureExtractor::~FeatureExtractor() = default;
FeatureExtractor::FeatureExtractor(FeatureExtractor&&) noexcept = default;
FeatureExtractor& FeatureExtractor::operator=(FeatureExtractor&&) noexcept = default;

const std::string& FeatureExtractor::layer() const noexcept {
    return implementation_->layer();
}

Tensor FeatureExtractor::extract(const Image& image) {
    return implementation_->extract(image);
}

const Shape& FeatureExtractor::shape() const noexcept {
    return implementation_->shape();
}

const std::string& FeatureExtractor::device() const noexcept {
    return implementation_->device();
}

void FeatureExtractor::extractInto(const Image& image, std::span<float> values,
                                   const std::stop_token& stop) {
    implementation_->extractInto(image, values, stop);
}

}  // namespace overfeat::detect
