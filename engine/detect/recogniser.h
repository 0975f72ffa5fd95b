// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/core/image.h"
#include "engine/core/recognition.h"
#include "engine/detect/detection_options.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"

namespace overfeat::detect {

// Which parts of a picture the network is asked about (OverFeat sections 3.3 and 5).
enum class Views {
    kCentre,  // one window: the shorter side scaled to the window, cropped in the middle
    kTen,     // four corners and centre, each with its mirror image, averaged
    kDense,   // every window at several scales: spatial maximum per scale, mean over the scales
};

struct RecogniserOptions {
    static constexpr int kMaxScales = 16;
    static constexpr double kMaxSideWindows = 16;

    Views views = Views::kDense;

    // Dense only: number of pyramid scales, and the shorter side of the smallest and the largest.
    // Scales are spaced geometrically; sides are rounded so that windows tile the whole picture.
    // Small or very elongated pictures get fewer or smaller scales (pyramid.h).
    int scale_count = 4;
    double smallest_side_windows = 1.0;  // in window sides: 1.0 = the shorter side is one window
    double largest_side_windows = 3.5;

    // Strided layers, from the end, that run at stride 1 (net::refineStride). 0 = coarse; more than
    // the network has means all of them.
    int fine_steps = 0;
    // Also run the mirror image and average (dense only; ten views always do).
    bool flip = false;

    // Also find objects (dense only, for models with a box output).
    std::optional<DetectionOptions> detection = std::nullopt;

    std::string device = "auto";  // see backend::chooseBackend
    int threads = 0;              // 0 = as many as the machine has cores
};

// What the window says about a loaded network.
struct RecogniserInfo {
    std::string device;  // chosen backend and why
    // Of the first model. A network that cannot slide is asked about the centre instead of the
    // dense views; the last of the reasons says so.
    net::DenseReport dense{};
    int fine_steps_available = 0;
    bool has_boxes = false;
    bool has_features = false;
};

// Recognises objects in pictures with one network or the vote of several.
//
//     auto model = net::loadModel("models/default.onnx");
//     detect::Recogniser recogniser({model}, {});
//     Recognition seen = recogniser.recognise(image);
//
// The score of a class lies in 0..1: the largest probability any window gave it, averaged over the
// scales, mirror images and models (or its mean probability over the single views). A background
// class is treated like any other; where all windows say background, every object scores low.
// Several models vote by averaging their scores; they must have the same classes. The score maps
// are those of the first model that can slide, averaged with the others' where all of them look at
// the same windows.
// Threads: one thread at a time. Plans are compiled on first use of a picture size and kept in a
// bounded cache, so that the steady state allocates nothing but the result.
class Recogniser {
public:
    // Throws Error(kUsage) for impossible options, Error(kModel) if the models do not fit together.
    Recogniser(std::vector<std::shared_ptr<const net::Model>> models, RecogniserOptions options);
    ~Recogniser();
    Recogniser(Recogniser&&) noexcept;
    Recogniser& operator=(Recogniser&&) noexcept;

    // Throws Error(kCancelled) soon after a stop request (checked between scales and layers),
    // Error(kModel) if the network's outputs are not finite.
    Recognition recognise(const Image& image, const std::stop_token& stop = {});

    // New options without loading the models again; plans that still fit are kept.
    void configure(const RecogniserOptions& options);
    const RecogniserOptions& options() const noexcept;
    RecogniserInfo info() const;

    // Per-layer times of the window network's dense plan for the largest scale of `frame`.
    std::vector<backend::LayerTiming> profile(SizePx frame);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace overfeat::detect
