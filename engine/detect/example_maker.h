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
    ExampleMaker(const Normaliser& normaliser, const net::Normalisation& normalisation,
                 SizePx square);

    // The view as the input of a plan: [3][square][square]. Around the picture lies what becomes
    // zeros, as at the edges of a level.
    void show(const Image& picture, const ExampleView& view, std::span<float> input);
    // The embeddings of the box as the network sees it now.
    void add(const LevelFeatures& features, const RectPx& box, ExampleEmbedding& made);

private:
    const Normaliser& normaliser_;
    SizePx square_;
    std::array<std::uint8_t, 3> empty_;
    Resampler resampler_;
    std::vector<std::uint8_t> pixels_;
    SummedMap sharp_;
    SummedMap last_;
};

// The embedding of the whole of a box: the mean of the last map's features, of unit length.
void wholeOf(const SummedMap& last, const RectPx& cells, std::span<float> whole);

}  // namespace overfeat::detect
