// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/features.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/detect/device_choosing.h"
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
          graph_(std::make_shared<const net::Graph>(
              net::fuse(net::withOutputs(model_->graph, {layer_})))),
          threads_(options.threads),
          normaliser_(model_->normalisation),
          devices_(options.device, options.first) {
        devices_.chooseFor({graph_});
        devices_.run([this] { compile(); }, [] {});
    }

    const std::string& layer() const noexcept { return layer_; }

    Tensor extract(const Image& image) {
        if (image.empty()) {
            throw Error(ErrorCode::kInput, "The picture has no pixels; choose another one.");
        }
        resampler_.begin(image, {});
        return devices_.run(
            [this] {
                if (!plan_) compile();
                normaliser_.write(resampler_.centre(model_->crop, model_->window_px), false,
                                  plan_->input());
                plan_->run();
                const std::span<const float> values = plan_->output(0);
                if (!allFinite(values)) throwNotFinite(*model_);
                return Tensor(plan_->outputShape(0),
                              std::vector<float>(values.begin(), values.end()));
            },
            [this] { plan_.reset(); });
    }

private:
    void compile() {
        plan_ = devices_.choice().backend->compile(
            *graph_, {1, 3, model_->window_px, model_->window_px}, {.threads = threads_});
    }

    std::string layer_;
    std::shared_ptr<const net::Model> model_;
    std::shared_ptr<const net::Graph> graph_;
    int threads_;
    Normaliser normaliser_;
    DeviceChoosing devices_;
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

}  // namespace overfeat::detect
