// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/net/graph.h"

namespace overfeat::backend::onednn::winograd {

// What Winograd's algorithm F(4x4, 3x3) does to single tiles, for AVX2. A tile is 4x4 numbers of
// the result; it needs a patch of 6x6 numbers of the source. Patch and kernel are each turned into
// 36 numbers whose products, summed over the channels, turn back into the tile: 36 multiplications
// where the definition has 144.
//
// The numbers come from interpolation at 0, +-sqrt(1/2), +-sqrt(2) and infinity. With +-1 and +-2,
// as usual, differences from the definition are some three times as large.

constexpr std::int64_t kTile = 4;
constexpr std::int64_t kPatch = 6;
constexpr std::int64_t kPositions = kPatch * kPatch;
constexpr std::int64_t kLanes = 8;     // channels of a block of the source and of the result
constexpr std::int64_t kColumns = 16;  // output channels that are multiplied together

// Whether this processor has the instructions.
bool canRun() noexcept;

// One picture in blocks of 8 channels.
struct Map {
    std::int64_t blocks;
    std::int64_t height;
    std::int64_t width;

    std::int64_t plane() const noexcept { return height * width * kLanes; }
};

// The first tap or result of a tile, and how far its neighbours are.
struct Lattice {
    std::int64_t row;
    std::int64_t column;
    net::Extent2 step;
};

// Of all channels of the patch at `at`, which may reach beyond the picture into zeros, the 36
// numbers: [position][channel], positions `stride` floats apart.
void transformPatch(const float* picture, const Map& map, const Lattice& at, float* to,
                    std::int64_t stride) noexcept;

// sums[tile][16] = patches[tile][depth] * weights[depth][16], at one position; tiles of `sums` are
// `sums_stride` floats apart.
void multiply(const float* patches, const float* weights, std::int64_t depth, std::int64_t tiles,
              float* sums, std::int64_t sums_stride) noexcept;

// What is done with the finished tiles. `bias` may be nothing.
struct Ending {
    const float* bias;
    bool adds_to_destination;
    float low;
    float high;
};
// Writes `blocks` blocks of the tile at `at` of a picture, from block `first` on; what reaches
// beyond the picture is left out. `sums` is [position][8 * blocks], positions `stride` apart.
void writeTile(const float* sums, std::int64_t stride, const Ending& ending, std::int64_t first,
               std::int64_t blocks, const Lattice& at, const Map& map, float* picture) noexcept;

}  // namespace overfeat::backend::onednn::winograd
