// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/calibration.h"
#include "engine/core/geometry.h"
#include "engine/core/taught_classes.h"
#include "engine/detect/box_source.h"
#include "engine/detect/objectness.h"
#include "engine/detect/pyramid.h"
#include "engine/detect/resampler.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"

namespace overfeat::detect {

// Where a dense network's evidence comes from and where its cells lie.
struct EvidenceSource {
    // The features' place among the outputs: behind the scores, whatever else is asked for.
    static constexpr std::size_t kOutput = 1;

    net::LinearEvidence linear;
    // The rectangle that a window's cells share out among them, in level pixels from the window's
    // corner: a cell's own centre is the middle of its share. With asymmetric padding it is not
    // the window.
    RectPx cells_px;
    int window_px = 0;
    std::shared_ptr<const Objectness> objectness{};  // null = every window counts in full
};

// A map of features among the outputs of a dense graph: cell (row, column) is about the point
// first_px + (column, row) * step_px of a level.
struct FeatureOutput {
    std::size_t output = 0;  // [1, channels, rows, columns]
    PointPx first_px;
    double step_x_px = 0;
    double step_y_px = 0;
};
// What embeddings are made of: the last map says what something is, an earlier one where it is.
struct EmbeddingSource {
    FeatureOutput sharp;
    FeatureOutput last;
};

// A model made ready for recognition: only the outputs that are needed, its layers fused, and the
// same network made dense, at a chosen stride. Knows nothing of devices.
class Network {
public:
    // Throws Error(kModel) with a sentence if the model's outputs cannot be understood.
    explicit Network(std::shared_ptr<const net::Model> model);

    const net::Model& model() const noexcept { return *model_; }
    const std::shared_ptr<const net::Model>& sharedModel() const noexcept { return model_; }
    const Normaliser& normaliser() const noexcept { return normaliser_; }
    std::size_t classCount() const noexcept { return classes_; }
    bool hasBoxes() const noexcept { return model_->boxes.has_value(); }
    // Boxes per window: 1 (shared by all classes) or one per class; 0 without a box output.
    std::size_t boxSets() const noexcept { return box_sets_; }
    // Whether the scores are probabilities already, because the network ends in Softmax.
    bool endsInSoftmax() const noexcept { return ends_in_softmax_; }

    // Who proposes boxes when the network slides. Requires canBeDense().
    BoxSource boxSource() const noexcept;
    // Whether there is a head for it that says which windows show an object. Requires canBeDense().
    bool hasObjectness() const noexcept {
        return evidence_.front() && evidence_.front()->objectness != nullptr;
    }
    // How its objects' confidences become scores. Requires canBeDense().
    Calibration calibration() const noexcept;
    // Of denseGraph(steps). Requires BoxSource::kEvidence and
    // that denseGraph(steps) has been called.
    const EvidenceSource& evidence(int steps) const {
        return *evidence_[static_cast<std::size_t>(steps)];
    }

    // Outputs: scores [, boxes]. Shared, because a plan cache knows a graph by its address.
    const std::shared_ptr<const net::Graph>& windowGraph() const noexcept { return window_; }
    // Whether that answers so many pictures at once. Exporters also write networks for one picture.
    bool takesBatch(std::size_t pictures) const;
    bool canBeDense() const noexcept { return !refined_.empty(); }
    const net::DenseReport& denseReport() const noexcept { return report_; }
    // See RecogniserInfo::strides_px.
    const std::vector<int>& stridesPx() const noexcept { return strides_px_; }
    int fineStepsAvailable() const noexcept { return static_cast<int>(refined_.size()) - 1; }
    // The dense network after `steps` steps of refinement, 0..fineStepsAvailable(). Made on first
    // use. Outputs: scores [, boxes or the features of the evidence]. Requires canBeDense().
    const std::shared_ptr<const net::DenseGraph>& denseGraph(int steps);

    // Whether something can be taught: it slides, averages a map of features before it says which
    // class it sees, and has an earlier map that is twice as fine.
    bool canTeach() const noexcept { return !sharp_features_.empty(); }
    // Of its embeddings. Requires canTeach().
    const EmbeddingSize& embeddingSize() const noexcept { return embedding_size_; }
    // See RecogniserInfo::embedding_layers.
    std::vector<std::string> embeddingLayers() const;
    // See RecogniserInfo::embedding_space. Calculated on first use, from all weights.
    const std::string& embeddingSpace() const;
    // The dense network with the sharp map among its outputs, for frames. Made on first use.
    // Requires canTeach().
    const std::shared_ptr<const net::DenseGraph>& teachableGraph(int steps);
    // Of teachableGraph(steps), which must have been called.
    const FeatureOutput& sharpOutput(int steps) const {
        return *sharp_outputs_[static_cast<std::size_t>(steps)];
    }
    // The coarse one with both maps, for examples. Made on first use. Requires canTeach().
    const std::shared_ptr<const net::DenseGraph>& exampleGraph();
    // Of exampleGraph(), which must have been called.
    const EmbeddingSource& embedding() const { return *embedding_; }

    // The sizes of the pyramid for a frame; the same for every stride, so that a finer one adds
    // windows and moves none. Remembers the last answer. Requires canBeDense().
    const std::vector<SizePx>& levels(SizePx frame, const PyramidScales& scales);

private:
    void checkOutputs();
    void makeDense();

    std::shared_ptr<const net::Model> model_;
    Normaliser normaliser_;
    std::shared_ptr<const net::Graph> window_;
    std::size_t classes_ = 0;
    std::size_t box_sets_ = 0;
    bool ends_in_softmax_ = false;
    net::DenseReport report_;
    std::vector<std::shared_ptr<const net::DenseGraph>>
        refined_;                                          // by steps; [0] is the coarse one
    std::vector<std::optional<EvidenceSource>> evidence_;  // of each, once made
    std::vector<int> strides_px_;                          // by steps
    std::string sharp_features_;  // the value's name; empty = nothing can be taught
    std::string last_features_;   // likewise
    EmbeddingSize embedding_size_;
    mutable std::string embedding_space_;                                   // empty = not known yet
    std::vector<std::shared_ptr<const net::DenseGraph>> teachable_graphs_;  // by steps, once made
    std::vector<std::optional<FeatureOutput>> sharp_outputs_;               // of each
    std::shared_ptr<const net::DenseGraph> example_graph_;
    std::optional<EmbeddingSource> embedding_;

    SizePx levels_frame_;
    PyramidScales levels_scales_;
    std::vector<SizePx> levels_;
};

// Throws Error(kModel) if models that are to vote know different classes.
void checkSameClasses(const LabelSet& first, const net::Model& other);

}  // namespace overfeat::detect
