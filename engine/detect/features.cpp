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

// The network up to the layer, for one window or sliding over a picture of any size.
std::shared_ptr<const net::Graph> graphOf(const net::Model& model, const std::string& layer,
                                          bool slides) {
    net::Graph graph = net::fuse(net::withOutputs(model.graph, {layer}));
    if (!slides) return std::make_shared<const net::Graph>(std::move(graph));
    net::DenseGraph dense = net::makeDense(graph, model.window_px);
    if (dense.report.fidelity == net::DenseFidelity::kClassificationOnly) {
        throw Error(ErrorCode::kUsage,
                    "The model '" + model.name +
                        "' cannot slide over a whole picture up to the layer '" + layer +
                        "'; take the values of the middle of the picture.",
                    model.path);
    }
    return std::make_shared<const net::Graph>(std::move(dense.graph));
}

std::string pictureOf(SizePx size) {
    return "The picture of " + std::to_string(size.width) + "x" + std::to_string(size.height) +
           " pixels ";
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
          graph_(graphOf(*model_, layer_, options_.whole_picture)),
          devices_(options_.device, options_.first) {
        devices_.chooseFor({graph_});
        if (!options_.whole_picture)
            devices_.run([this] { compile({model_->window_px, model_->window_px}); }, [] {});
    }

    const std::string& layer() const noexcept { return layer_; }
    const Shape& shape() const noexcept { return shape_; }
    const std::string& device() const noexcept { return device_; }
    const DeviceChoice& choice() const noexcept { return devices_.choice().device; }

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
        const int side = model_->window_px;
        const SizePx size = options_.whole_picture ? image.size() : SizePx{side, side};
        if (size.width < side || size.height < side) {
            throw Error(ErrorCode::kInput,
                        pictureOf(size) + "is smaller than the network's window of " +
                            std::to_string(side) + "x" + std::to_string(side) + "; enlarge it.");
        }
        resampler_.begin(image, {});
        return devices_.run(
            [&] {
                if (plan_ == nullptr || size != size_) compile(size);
                normaliser_.write(options_.whole_picture ? resampler_.whole(size)
                                                         : resampler_.centre(model_->crop, side),
                                  false, plan_->input());
                plan_->run(stop);
                const std::span<const float> values = plan_->output(0);
                if (!allFinite(values)) throwNotFinite(*model_);
                return values;
            },
            [this] { plan_.reset(); });
    }

    void compile(SizePx size) {
        try {
            // The last plan stays until then: they share their packed weights.
            plan_ = devices_.choice().backend->compile(*graph_, {1, 3, size.height, size.width},
                                                       {.threads = options_.threads});
        } catch (const Error& error) {
            if (!options_.whole_picture || error.code() != ErrorCode::kModel) throw;
            throw Error(ErrorCode::kInput,
                        pictureOf(size) + "cannot be looked at in one piece. " + error.what());
        }
        size_ = size;
        shape_ = plan_->outputShape(0);
        device_ = plan_->statistics().description;
    }

    std::string layer_;
    std::shared_ptr<const net::Model> model_;
    Options options_;
    Normaliser normaliser_;
    std::shared_ptr<const net::Graph> graph_;
    DeviceChoosing devices_;
    Resampler resampler_;
    std::unique_ptr<backend::Plan> plan_;
    SizePx size_;  // of its input
    Shape shape_;
    std::string device_;
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

const DeviceChoice& FeatureExtractor::choice() const noexcept {
    return implementation_->choice();
}

void FeatureExtractor::extractInto(const Image& image, std::span<float> values,
                                   const std::stop_token& stop) {
    implementation_->extractInto(image, values, stop);
}

}  // namespace overfeat::detect
