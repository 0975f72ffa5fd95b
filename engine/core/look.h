// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "engine/core/api.h"
#include "engine/core/detection_options.h"
#include "engine/core/layer_maps.h"
#include "engine/core/range.h"
#include "engine/core/taught_classes.h"

namespace overfeat {

// Which parts of a picture the network is asked about (OverFeat sections 3.3 and 5).
enum class Views {
    kCentre,  // one window: the shorter side scaled to the window, cropped in the middle
    kTen,     // four corners and centre, each with its mirror image, averaged
    kDense,   // every window at several scales: spatial maximum per scale, mean over the scales
};

// What is asked of the network about one picture. It travels with the picture: two looks at the
// same picture know nothing of each other. One definition for the engine, the settings, the window
// and the command line, with one set of limits.
struct Look {
    Views views = Views::kDense;

    // Dense only: number of pyramid scales, and the shorter side of the smallest and the largest.
    // Scales are spaced geometrically; sides are rounded so that windows tile the whole picture.
    // Small or very elongated pictures get fewer or smaller scales (detect/pyramid.h).
    int scale_count = 4;
    double smallest_side_windows = 1.0;  // in window sides: 1.0 = the shorter side is one window
    double largest_side_windows = 3.5;   // never below the smallest

    // Strided layers, from the end, that run at stride 1 (net::refineStride). 0 = coarse; more than
    // the network has means all of them.
    int fine_steps = 0;
    // Also run the mirror image and average (dense only; ten views always do).
    bool flip = false;

    // Also find objects (dense only).
    std::optional<DetectionOptions> detection = std::nullopt;
    // Also look for what was taught (dense only); null = nothing.
    std::shared_ptr<const TaughtClasses> taught = nullptr;
    // False: only what was taught is looked for; the network's classes all score 0.
    bool network_classes = true;
    // Also what one layer of the first network says; nothing = none.
    std::optional<LayerLook> layer = std::nullopt;

    bool operator==(const Look&) const = default;

    static constexpr Range<int> kScaleCount{1, 16};
    static constexpr Range<double> kSideWindows{1, 16};
    static constexpr Range<int> kFineSteps{0, 16};
};

// On video: how many results per second are wanted at least; 0 = as many as it gives.
inline constexpr Range<double> kLeastFps{0, 60};

// Whether the network has the same to do for both: all but what becomes of its answer.
OVERFEAT_API bool sameWork(const Look& a, const Look& b);

// Throws Error(kUsage) with a sentence naming the option and its limits.
OVERFEAT_API void checkLimits(const Look& look);
// The same look with what is outside its limits at the nearest one: for what was written by hand or
// by another version.
OVERFEAT_API Look withinLimits(Look look);

}  // namespace overfeat
