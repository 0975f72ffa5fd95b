// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/core/api.h"
#include "engine/core/device_choice.h"
#include "engine/core/example.h"
#include "engine/core/image.h"
#include "engine/core/label_set.h"
#include "engine/core/look.h"
#include "engine/core/range.h"
#include "engine/core/recognition.h"
#include "engine/core/shape.h"
#include "engine/detect/box_source.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"

namespace overfeat::detect {

// What computes, for as long as a recogniser lives.
struct Placement {
    std::string device = "auto";  // see backend::chooseBackend
    int threads = 0;              // 0 = as many as the machine has cores
    // Tried before the backends of the registry, where the device is "auto"; they live longer.
    std::vector<const backend::Backend*> first{};

    static constexpr Range<int> kThreads{0, 1024};
};

// A layer of a network that can be looked into.
struct LayerInfo {
    std::string name;  // of what it computes, for Look::layer
    std::string node;  // as backend::LayerTiming calls it
    std::string op;    // "Conv 3x3/2"
    Shape shape;       // of what it computes for one window
};

// What the window says about a loaded network.
struct RecogniserInfo {
    DeviceChoice device;
    // Of the first model. A network that cannot slide is asked about the centre instead of the
    // dense views; the last of the reasons says so.
    net::DenseReport dense{};
    int fine_steps_available = 0;
    bool has_boxes = false;                     // whether it can find objects: it can if it slides
    BoxSource box_source = BoxSource::kWindow;  // how, if it can
    bool has_objectness = false;  // whether windows vote with how likely they show an object
    bool has_features = false;
    // Names what the network's embeddings can be compared with: those of the same weights, made in
    // the same way. Empty = nothing can be taught.
    std::string embedding_space{};
    EmbeddingSize embedding_size{};  // of its embeddings
    // The layers that they are made of: what says best where something is, then what it is.
    std::vector<std::string> embedding_layers{};
    // What was given to the recogniser: their names, cards and labels.
    std::vector<std::shared_ptr<const net::Model>> models{};
    // Of the first model: what it has to do, in that order.
    std::vector<LayerInfo> layers{};
    // Distances of neighbouring windows, as trained and after each fine step; none where it cannot
    // slide.
    std::vector<int> strides_px{};
};

// Recognises objects in pictures with one network or the vote of several.
//
//     auto model = net::loadModel("models/default.onnx");
//     detect::Recogniser recogniser({model}, {});
//     Recognition seen = recogniser.recognise(image, {.scale_count = 3});
//
// The score of a class lies in 0..1: the largest probability any window gave it, averaged over the
// scales, mirror images and models (or its mean probability over the single views). A background
// class is treated like any other; where all windows say background, every object scores low.
// Several models vote by averaging their scores; they must have the same classes. The score maps
// are those of the first model that can slide, averaged with the others' where all of them look at
// the same windows.
// Threads: one thread at a time. Plans are compiled on first use of a picture size and kept in a
// bounded cache, so that the steady state allocates nothing but the result. What a look asks for
// travels with the call; another look leaves no trace but its plans. A device that fails is given
// up for the next one, if the placement is "auto": the call that met it is answered by that one,
// and info().device says so from then on.
class OVERFEAT_API Recogniser {
public:
    // Throws Error(kUsage) for an impossible placement, Error(kModel) if the models do not fit
    // together.
    Recogniser(std::vector<std::shared_ptr<const net::Model>> models, const Placement& placement);
    ~Recogniser();
    Recogniser(Recogniser&&) noexcept;
    Recogniser& operator=(Recogniser&&) noexcept;

    // Throws Error(kUsage) for an impossible look, Error(kCancelled) soon after a stop request
    // (checked between scales and layers), Error(kModel) if the network's outputs are not finite.
    Recognition recognise(const Image& image, const Look& look = {},
                          const std::stop_token& stop = {});

    // What the first network makes of an example, to be found again by recognise() once it stands
    // in Look::taught. Throws Error(kModel) if nothing can be taught to it, Error(kInput) if the
    // box has no pixels.
    ExampleEmbedding embed(const Example& example, const std::stop_token& stop = {},
                           ExampleDepth depth = ExampleDepth::kAll);

    // What the class indices of recognise() with this look mean: the network's classes and, behind
    // them, those that were taught.
    std::shared_ptr<const LabelSet> labels(const Look& look);

    RecogniserInfo info() const;
    // info().device, by itself; good until the next call that is not const.
    const DeviceChoice& device() const noexcept;

    // Per-layer times of the plan for the largest scale of a look at `frame`.
    std::vector<backend::LayerTiming> profile(SizePx frame, const Look& look = {});

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace overfeat::detect
