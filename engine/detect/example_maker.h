// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/image.h"
#include "engine/core/taught_classes.h"
#include "engine/detect/example_views.h"
#include "engine/detect/resampler.h"
#include "engine/detect/taught_head.h"

namespace overfeat::detect {

// Shows the views of an example to a network and keeps what it makes of them. Threads: one.
class ExampleMaker {
public:
    ExampleMaker(const Normaliser& normaliser, const net::Normalisation& normalisation);

    // The view as the input of a plan: [3][side][side]. Around the picture lies what becomes zeros,
    // as at the edges of a level.
    void show(const Image& picture, const ExampleView& view, int side_px, std::span<float> input);
    // What was shown last, turned clockwise about a point of the square; input likewise.
    void turn(PointPx about, double degrees, int side_px, std::span<float> input);
    // A row with the parts of the box as the network sees it now; of the window that show() showed
    // before it, `window` has the features.
    void add(const FeatureMap& sharp, const RectPx& box, std::span<const float> window,
             ExampleEmbedding& made);
    // The boxes around it that are not it, of the map that was added last.
    void addSurroundings(const FeatureMap& sharp, const RectPx& box, ExampleEmbedding& made);
    // The embedding of a window: the mean of all its features, of unit length.
    static std::vector<float> wholeOf(const FeatureMap& last);

private:
    const Normaliser& normaliser_;
    std::array<std::uint8_t, 3> empty_;
    Resampler resampler_;
    std::vector<std::uint8_t> pixels_;
    std::vector<std::uint8_t> turned_;
    SummedMap sharp_;
};

}  // namespace overfeat::detect
