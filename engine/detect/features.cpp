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
          options_(options),
          normaliser_(model_->normalisation),
          graph_(net::fuse(net::withOutputs(model_->graph, {layer_}))) {
        if (options_.whole_picture) makeDense();
        backend_ = backend::chooseBackend(options_.device, graph_).backend;
        const int side = model_->window_px;
        if (!options_.whole_picture) compile({side, side});
    }

    const std::string& layer() const noexcept { return layer_; }

    Tensor extract(const Image& image) {
        if (image.empty()) {
            throw Error(ErrorCode::kInput, "The picture has no pixels; choose another one.");
        }
        if (options_.whole_picture) compileFor(image.size());
        resampler_.begin(image, {});
        normaliser_.write(options_.whole_picture
                              ? resampler_.whole(image.size())
                              : resampler_.centre(model_->crop, model_->window_px),
                          false, plan_->input());
        plan_->run();
        const std::span<const float> values = plan_->output(0);
        if (!allFinite(values)) throwNotFinite(*model_);
        return Tensor(plan_->outputShape(0), std::vector<float>(values.begin(), values.end()));
    }

private:
    void makeDense() {
        net::DenseGraph dense = net::makeDense(graph_, model_->window_px);
        if (dense.report.fidelity == net::DenseFidelity::kClassificationOnly) {
            throw Error(ErrorCode::kUsage,
                        "The model '" + model_->name +
                            "' cannot slide over a whole picture up to the layer '" + layer_ +
                            "'; take the values of the middle of the picture.",
                        model_->path);
        }
        graph_ = std::move(dense.graph);
    }

    void compile(SizePx size) {
        // The last plan stays until then: they share their packed weights.
        plan_ = backend_->compile(graph_, {1, 3, size.height, size.width},
                                  {.threads = options_.threads});
        size_ = size;
    }

    void compileFor(SizePx size) {
        if (plan_ != nullptr && size == size_) return;
        const std::string picture = "The picture of " + std::to_string(size.width) + "x" +
                                    std::to_string(size.height) + " pixels ";
        const int side = model_->window_px;
        if (size.width < side || size.height < side) {
            throw Error(ErrorCode::kInput, picture + "is smaller than the network's window of " +
                                               std::to_string(side) + "x" + std::to_string(side) +
                                               "; enlarge it.");
        }
        try {
            compile(size);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::kModel) throw;
            throw Error(ErrorCode::kInput,
                        picture + "cannot be looked at in one piece. " + error.what());
        }
    }

    std::string layer_;
    std::shared_ptr<const net::Model> model_;
    Options options_;
    Normaliser normaliser_;
    net::Graph graph_;
    const backend::Backend* backend_ = nullptr;
    Resampler resampler_;
    std::unique_ptr<backend::Plan> plan_;
    SizePx size_;
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
