// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/network.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/core/error.h"

namespace overfeat::detect {
namespace {

std::vector<std::string> neededOutputs(const net::Model& model) {
    std::vector<std::string> names{model.scores};
    if (model.boxes) names.push_back(*model.boxes);
    return names;
}

const net::Model& required(const std::shared_ptr<const net::Model>& model) {
    if (model == nullptr) throw Error(ErrorCode::kUsage, "A recogniser was given no model.");
    if (model->window_px < 1) {
        throw Error(ErrorCode::kModel,
                    "The model '" + model->name +
                        "' does not say how large its window is; add overfeat.window to the file "
                        "or its sidecar.",
                    model->path);
    }
    return *model;
}

// A map of fewer cells says too little about where something is.
constexpr std::int64_t kLeastEvidenceCells = 3;

std::optional<EvidenceSource> evidenceSource(const net::Graph& dense, int window_px) {
    auto linear = net::linearEvidence(dense, dense.outputs.front());
    if (!linear || linear->weight == nullptr || linear->cells.height < kLeastEvidenceCells ||
        linear->cells.width < kLeastEvidenceCells) {
        return std::nullopt;
    }
    const net::ReceptiveField field = net::receptiveField(dense, linear->features);
    const auto share = [](std::int64_t spacing, std::int64_t jump) {
        return static_cast<double>(spacing * jump);
    };
    const double width = share(linear->spacing.width, field.jump_px.width);
    const double height = share(linear->spacing.height, field.jump_px.height);
    const RectPx cells{field.first_centre_x_px - width / 2, field.first_centre_y_px - height / 2,
                       width * static_cast<double>(linear->cells.width),
                       height * static_cast<double>(linear->cells.height)};
    return EvidenceSource{std::move(*linear), cells, window_px};
}

bool producedBySoftmax(const net::Graph& graph, net::ValueId value) {
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
        if (node->output != value) continue;
        // What only renames or reshapes is looked through.
        const bool passes_on = std::holds_alternative<net::Identity>(node->op) ||
                               std::holds_alternative<net::Flatten>(node->op);
        if (!passes_on) return std::holds_alternative<net::Softmax>(node->op);
        value = node->inputs.front();
    }
    return false;
}

// Makes a map an output, if it is none yet: boxes from evidence need one, too.
FeatureOutput outputOf(net::Graph& graph, net::ValueId value) {
    auto there = std::ranges::find(graph.outputs, value);
    if (there == graph.outputs.end()) there = graph.outputs.insert(graph.outputs.end(), value);
    const net::ReceptiveField field = net::receptiveField(graph, value);
    return {.output = static_cast<std::size_t>(there - graph.outputs.begin()),
            .first_px = {field.first_centre_x_px, field.first_centre_y_px},
            .step_x_px = static_cast<double>(field.jump_px.width),
            .step_y_px = static_cast<double>(field.jump_px.height)};
}

}  // namespace

Network::Network(std::shared_ptr<const net::Model> model)
    : model_(std::move(model)),
      normaliser_(required(model_).normalisation),
      window_(std::make_shared<const net::Graph>(
          net::fuse(net::withOutputs(model_->graph, neededOutputs(*model_))))) {
    checkOutputs();
    makeDense();
}

void Network::checkOutputs() {
    const auto refuse = [this](const std::string& reason) {
        throw Error(ErrorCode::kModel, "The model '" + model_->name + "' " + reason, model_->path);
    };
    const Shape input{1, 3, model_->window_px, model_->window_px};
    const std::vector<Shape> shapes = net::inferShapes(*window_, input);
    const auto shapeOf = [&](std::size_t output) {
        return shapes[static_cast<std::size_t>(window_->outputs[output])];
    };
    classes_ = static_cast<std::size_t>(shapeOf(0).elementCount());
    if (shapeOf(0).rank() < 2 || shapeOf(0)[0] != 1 ||
        shapeOf(0)[1] != static_cast<std::int64_t>(classes_) || classes_ == 0) {
        refuse("answers one window with scores of shape " + shapeOf(0).toString() +
               " where one number per class is needed; it is not a classifier of this size of "
               "window.");
    }
    if (model_->labels == nullptr || model_->labels->size() != classes_) {
        refuse("has " + std::to_string(classes_) + " outputs but names for " +
               std::to_string(model_->labels ? model_->labels->size() : 0) +
               " classes; give it the right labels.");
    }
    if (hasBoxes()) {
        const std::int64_t numbers = shapeOf(1).elementCount();
        const auto per_class = 4 * static_cast<std::int64_t>(classes_);
        if (numbers != 4 && numbers != per_class) {
            refuse("answers one window with boxes of shape " + shapeOf(1).toString() +
                   " where four numbers, or four per class, are needed.");
        }
        box_sets_ = numbers == 4 ? 1 : classes_;
    }
    ends_in_softmax_ = producedBySoftmax(*window_, window_->outputs[0]);
}

bool Network::takesBatch(std::size_t pictures) const {
    const auto count = static_cast<std::int64_t>(pictures);
    try {
        const auto shapes =
            net::inferShapes(*window_, Shape{count, 3, model_->window_px, model_->window_px});
        return shapes[static_cast<std::size_t>(window_->outputs.front())] ==
               Shape{count, static_cast<std::int64_t>(classes_)};
    } catch (const Error&) {
        return false;
    }
}

void Network::makeDense() {
    net::DenseGraph coarse = net::makeDense(*window_, model_->window_px);
    report_ = coarse.report;
    if (report_.fidelity == net::DenseFidelity::kClassificationOnly) {
        report_.reasons.push_back("The network '" + model_->name +
                                  "' cannot slide over a picture, so only the middle of the "
                                  "picture is classified and there is no heat map.");
        return;
    }
    if (const auto linear = net::linearEvidence(coarse.graph, coarse.graph.outputs.front())) {
        if (const auto sharp = net::sharperFeatures(coarse.graph, linear->features)) {
            sharp_features_ = coarse.graph.valueName(*sharp);
            last_features_ = coarse.graph.valueName(linear->features);
            const std::int64_t side = model_->window_px;
            const auto shapes = net::inferShapes(coarse.graph, {1, 3, side, side});
            const auto channels = [&](net::ValueId value) {
                return static_cast<std::size_t>(shapes[static_cast<std::size_t>(value)][1]);
            };
            embedding_size_ = {.part = channels(*sharp), .whole = channels(linear->features)};
        }
    }
    std::optional<EvidenceSource> evidence;
    if (!hasBoxes()) evidence = evidenceSource(coarse.graph, model_->window_px);
    if (evidence) {
        coarse.graph.outputs.push_back(evidence->linear.features);
        evidence->objectness = objectnessOf(
            model_->graph, static_cast<std::size_t>(evidence->linear.weight->shape()[1]));
    }
    refined_.resize(static_cast<std::size_t>(net::maxFineSteps(coarse)) + 1);
    for (int step = 0; step < static_cast<int>(refined_.size()); ++step)
        strides_px_.push_back(static_cast<int>(net::refineStride(coarse, step).stride_px.width));
    evidence_.resize(refined_.size());
    teachable_graphs_.resize(refined_.size());
    sharp_outputs_.resize(refined_.size());
    evidence_.front() = std::move(evidence);
    refined_.front() = std::make_shared<const net::DenseGraph>(std::move(coarse));
}

std::vector<std::string> Network::embeddingLayers() const {
    return canTeach() ? std::vector{sharp_features_, last_features_} : std::vector<std::string>();
}

BoxSource Network::boxSource() const noexcept {
    if (hasBoxes()) return BoxSource::kRegressor;
    return evidence_.front() ? BoxSource::kEvidence : BoxSource::kWindow;
}

// Without a regressor and without objectness: fitted to how often objects of a confidence are right
// (class, and an IoU of 0.3) with EfficientNet-Lite0 on photographs, and on pictures that show none
// of its kinds (engine/detect/README.md).
Calibration Network::calibration() const noexcept {
    if (hasBoxes()) return {};
    if (hasObjectness()) return evidence_.front()->objectness->calibration;
    return {.offset = -2.71, .slope = 0.89};
}

const std::shared_ptr<const net::DenseGraph>& Network::denseGraph(int steps) {
    std::shared_ptr<const net::DenseGraph>& wanted = refined_[static_cast<std::size_t>(steps)];
    if (wanted == nullptr) {
        wanted =
            std::make_shared<const net::DenseGraph>(net::refineStride(*refined_.front(), steps));
        if (evidence_.front()) {
            evidence_[static_cast<std::size_t>(steps)] =
                evidenceSource(wanted->graph, model_->window_px);
            evidence_[static_cast<std::size_t>(steps)]->objectness = evidence_.front()->objectness;
        }
    }
    return wanted;
}

// The number in front is that of the way embeddings are made (ExampleViews, TaughtHead): another
// way makes others, which cannot be compared.
const std::string& Network::embeddingSpace() const {
    if (embedding_space_.empty()) {
        embedding_space_ =
            "3-" + std::to_string(model_->window_px) + '-' + trunkName(model_->graph);
    }
    return embedding_space_;
}

const std::shared_ptr<const net::DenseGraph>& Network::teachableGraph(int steps) {
    const auto at = static_cast<std::size_t>(steps);
    if (teachable_graphs_[at] == nullptr) {
        auto graph = std::make_shared<net::DenseGraph>(*denseGraph(steps));
        // A finer stride brings the last map's cells together, but not the sharp one's: that is
        // found by its name.
        sharp_outputs_[at] = outputOf(graph->graph, *graph->graph.findValue(sharp_features_));
        teachable_graphs_[at] = std::move(graph);
    }
    return teachable_graphs_[at];
}

const std::shared_ptr<const net::DenseGraph>& Network::exampleGraph() {
    if (example_graph_ == nullptr) {
        auto made = std::make_shared<net::DenseGraph>(*denseGraph(0));
        net::Graph& graph = made->graph;
        const net::ValueId last = net::linearEvidence(graph, graph.outputs.front())->features;
        const FeatureOutput sharp = outputOf(graph, *graph.findValue(sharp_features_));
        embedding_ = EmbeddingSource{.sharp = sharp, .last = outputOf(graph, last)};
        example_graph_ = std::move(made);
    }
    return example_graph_;
}

const std::vector<SizePx>& Network::levels(SizePx frame, const PyramidScales& scales) {
    if (levels_.empty() || levels_frame_ != frame || levels_scales_ != scales) {
        levels_ = pyramidSizes(frame, model_->window_px, refined_.front()->stride_px, scales);
        levels_frame_ = frame;
        levels_scales_ = scales;
    }
    return levels_;
}

void checkSameClasses(const LabelSet& first, const net::Model& other) {
    const LabelSet& labels = *other.labels;
    bool same = first.size() == labels.size() && first.background() == labels.background();
    for (std::size_t i = 0; same && i < labels.size(); ++i) {
        const bool both_named = !first[i].id.empty() && !labels[i].id.empty();
        same = !both_named || first[i].id == labels[i].id;
    }
    if (!same) {
        throw Error(ErrorCode::kModel,
                    "The model '" + other.name +
                        "' knows other classes than the first one, so the two cannot vote; choose "
                        "models trained on the same classes.",
                    other.path);
    }
}

}  // namespace overfeat::detect
