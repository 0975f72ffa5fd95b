// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/layer_maps.h"
#include "engine/detect/compile_plan.h"
#include "engine/detect/network.h"
#include "engine/detect/recogniser.h"
#include "engine/detect/resampler.h"

namespace overfeat::detect {

// The layers of a network, as it is run for one window.
std::vector<LayerInfo> layersOf(const Network& network);

// Looks into one layer of a network: the part of the network that comes before it, run over the
// whole picture where it can slide, over the centre view where it cannot.
//
// Threads: one at a time. Keeps what it knows of the layer it was asked for last.
class LayerViewer {
public:
    // `level` is the size at which the picture is run; empty: the centre view only. `resampler` has
    // begun with the picture, whose size is `frame`. A layer that cannot be looked into is no
    // failure of the look, but a problem that the answer tells. Throws Error(kCancelled) and
    // Error(kDeviceLost).
    std::shared_ptr<const LayerMaps> look(const Network& network, const LayerLook& wanted,
                                          SizePx level, SizePx frame, Resampler& resampler,
                                          const CompilePlan& compile, const std::stop_token& stop);

private:
    void choose(const Network& network, const std::string& name, bool slides);

    std::string name_;
    bool wants_to_slide_ = false;
    bool slides_ = false;
    std::shared_ptr<const net::Graph> graph_;  // null: the layer was refused
    net::ReceptiveField field_;                // of the layer, if it slides
    std::string problem_;
    SizePx refused_;  // the input it came with, if it came with one
};

// Of the scales of a look the one that a layer is seen at: the largest that is no more than about
// two windows high. On larger ones a layer's maps are mostly larger than a person's screen.
SizePx layerLevel(const std::vector<SizePx>& levels, int window_px) noexcept;

}  // namespace overfeat::detect
