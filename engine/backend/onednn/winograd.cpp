// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/winograd.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <new>
#include <utility>

#include "engine/backend/onednn/parallel.h"

namespace overfeat::backend::onednn {

using winograd::kColumns;
using winograd::kLanes;
using winograd::kPositions;
using winograd::kTile;

namespace {

constexpr std::int64_t kKernel = 3;

std::int64_t dividedUp(std::int64_t number, std::int64_t of) {
    return (number + of - 1) / of;
}

// Floats from position to position: an odd number of cache lines, so that the 36 do not fall on the
// same places of the cache.
std::int64_t spread(std::int64_t floats) {
    return (dividedUp(floats, 16) | 1) * 16;
}

// A kernel's three numbers of one direction turned into six: its polynomial at the points, divided
// by the product of the differences to the others.
std::array<double, winograd::kPatch> turned(double first, double second, double third) {
    const double near = std::sqrt(0.5);
    const double far = std::sqrt(2.0);
    const auto at = [&](double point, double divisor) {
        return (first + point * (second + point * third)) / divisor;
    };
    return {first, at(near, -1.5), at(-near, -1.5), at(far, 6), at(-far, 6), third};
}

std::int64_t columnsOf(std::int64_t channels) {
    return dividedUp(channels, kColumns);
}

}  // namespace

TileWeights::TileWeights(const Tensor& weights)
    : bytes_(kPositions * columnsOf(weights.shape()[0]) * kColumns * weights.shape()[1] *
             static_cast<std::int64_t>(sizeof(float))),
      data_(static_cast<float*>(std::aligned_alloc(64, static_cast<std::size_t>(bytes_)))) {
    if (!data_) throw std::bad_alloc();
    const std::int64_t outputs = weights.shape()[0];
    const std::int64_t depth = weights.shape()[1];
    const std::int64_t columns = columnsOf(outputs);
    for (std::int64_t out = 0; out < columns * kColumns; ++out) {
        for (std::int64_t in = 0; in < depth; ++in) {
            std::array<std::array<double, winograd::kPatch>, kKernel> across{};
            if (out < outputs) {
                const float* w = weights.values().data() + (out * depth + in) * kKernel * kKernel;
                for (std::size_t row = 0; row < kKernel; ++row, w += kKernel)
                    across[row] = turned(w[0], w[1], w[2]);
            }
            float* to = data_.get() + ((out / kColumns) * depth + in) * kColumns + out % kColumns;
            for (std::size_t j = 0; j < winograd::kPatch; ++j) {
                const auto down = turned(across[0][j], across[1][j], across[2][j]);
                for (std::size_t i = 0; i < winograd::kPatch; ++i) {
                    const auto position = static_cast<std::int64_t>(i * winograd::kPatch + j);
                    to[position * columns * depth * kColumns] = static_cast<float>(down[i]);
                }
            }
        }
    }
}

void TileWeights::FreeAligned::operator()(float* p) const noexcept {
    std::free(p);
}

bool Winograd::suits(const ConvolutionSpec& spec, Layout source, Layout destination) {
    // Of fewer tiles the weights, which are four times as many, take longer to read than the
    // products to compute; of fewer channels the way to the 36 numbers and back.
    constexpr std::int64_t kLeastTiles = 3;
    constexpr std::int64_t kLeastChannels = 16;
    const net::SlidingWindow& window = spec.window;
    const Layout blocks{kLanes};
    if (source != blocks || destination != blocks || spec.groups != 1 ||
        window.kernel != net::Extent2{kKernel, kKernel} || window.stride != net::Extent2{1, 1} ||
        !spec.activation.clips()) {
        return false;
    }
    const Shape& from = spec.source;
    const Shape& to = spec.destination;
    if (from[1] % kLanes != 0 || to[1] % kLanes != 0 || std::min(from[1], to[1]) < kLeastChannels) {
        return false;
    }
    const net::Extent2 step = window.dilation;
    const std::int64_t tiles = to[0] * step.height * step.width *
                               dividedUp(dividedUp(to[2], step.height), kTile) *
                               dividedUp(dividedUp(to[3], step.width), kTile);
    // Tiles that are mostly outside are multiplied as a whole.
    const bool fills_tiles = tiles * kTile * kTile <= 2 * to[0] * to[2] * to[3];
    return tiles >= kLeastTiles && fills_tiles && winograd::canRun();
}

Winograd::Winograd(const ConvolutionSpec& spec, int threads)
    : threads_(std::max(threads, 1)),
      in_{spec.source[1] / kLanes, spec.source[2], spec.source[3]},
      out_{spec.destination[1] / kLanes, spec.destination[2], spec.destination[3]},
      window_(spec.window),
      ending_{nullptr, spec.adds_to_destination, spec.activation.low, spec.activation.high} {
    placeTiles(spec.destination[0]);
    cutIntoJobs();
}

// With gaps between the taps there are as many independent pictures as gaps, woven into one.
void Winograd::placeTiles(std::int64_t pictures) {
    const net::Extent2 step = window_.dilation;
    for (std::int64_t picture = 0; picture < pictures; ++picture)
        for (std::int64_t top = 0; top < std::min(step.height, out_.height); ++top)
            for (std::int64_t left = 0; left < std::min(step.width, out_.width); ++left)
                for (std::int64_t row = top; row < out_.height; row += kTile * step.height)
                    for (std::int64_t column = left; column < out_.width;
                         column += kTile * step.width)
                        tiles_.push_back({picture, row, column});
}

void Winograd::cutIntoJobs() {
    // Each thread reads the weights of its jobs, and turns their patches: so threads share out the
    // tiles if there are enough of them, and else the output channels.
    constexpr std::int64_t kLeastTilesPerThread = 24;
    constexpr std::int64_t kCacheFloats =
        std::int64_t{96} * 1024;  // of a core, for patches and sums
    const auto tiles = static_cast<std::int64_t>(tiles_.size());
    const std::int64_t columns = columnsOf(out_.blocks * kLanes);
    const std::int64_t groups = std::clamp<std::int64_t>(tiles / kLeastTilesPerThread, 1, threads_);
    const std::int64_t parts = std::min(columns, dividedUp(threads_, groups));
    const std::int64_t columns_at_once = dividedUp(columns, parts);

    const std::int64_t floats_per_tile =
        kPositions * (in_.blocks * kLanes + columns_at_once * kColumns);
    const std::int64_t most = std::max<std::int64_t>(12, kCacheFloats / floats_per_tile / 6 * 6);
    const std::int64_t rounds = dividedUp(tiles, groups * most);
    const std::int64_t tiles_at_once = dividedUp(tiles, groups * rounds);
    for (std::int64_t column = 0; column < columns; column += columns_at_once) {
        for (std::int64_t first = 0; first < tiles; first += tiles_at_once) {
            jobs_.push_back({static_cast<std::size_t>(first),
                             static_cast<std::size_t>(std::min(first + tiles_at_once, tiles)),
                             column, std::min(column + columns_at_once, columns)});
        }
    }
    patch_stride_ = spread(tiles_at_once * in_.blocks * kLanes);
    sums_stride_ = spread(tiles_at_once * columns_at_once * kColumns);
}

std::int64_t Winograd::scratchBytes() const noexcept {
    return threads_ * kPositions * (patch_stride_ + sums_stride_) *
           static_cast<std::int64_t>(sizeof(float));
}

void Winograd::execute() const {
    const std::int64_t floats = kPositions * (patch_stride_ + sums_stride_);
    const auto count = static_cast<std::int64_t>(jobs_.size());
    parallelFor(threads_, [&](std::int64_t thread) {
        for (std::int64_t job = thread * count / threads_; job < (thread + 1) * count / threads_;
             ++job) {
            run(jobs_[static_cast<std::size_t>(job)], operands_.scratch + thread * floats);
        }
    });
}

void Winograd::run(const Job& job, float* scratch) const {
    const std::int64_t depth = in_.blocks * kLanes;
    const std::int64_t columns = columnsOf(out_.blocks * kLanes);
    const std::int64_t width = (job.last_column - job.first_column) * kColumns;
    const auto tiles = static_cast<std::int64_t>(job.last_tile - job.first_tile);
    float* patches = scratch;
    float* sums = scratch + kPositions * patch_stride_;
    for (std::int64_t i = 0; i < tiles; ++i) {
        const Tile& tile = tiles_[job.first_tile + static_cast<std::size_t>(i)];
        winograd::transformPatch(
            operands_.source + tile.picture * in_.blocks * in_.plane(), in_,
            {tile.row - window_.padding.top, tile.column - window_.padding.left, window_.dilation},
            patches + i * depth, patch_stride_);
    }
    for (std::int64_t position = 0; position < kPositions; ++position) {
        for (std::int64_t column = job.first_column; column < job.last_column; ++column) {
            const float* weights =
                operands_.weights->data() + (position * columns + column) * depth * kColumns;
            winograd::multiply(
                patches + position * patch_stride_, weights, depth, tiles,
                sums + position * sums_stride_ + (column - job.first_column) * kColumns, width);
        }
    }
    winograd::Ending ending = ending_;
    ending.bias = operands_.bias;
    const std::int64_t first = job.first_column * kColumns / kLanes;
    const std::int64_t blocks = std::min(width / kLanes, out_.blocks - first);
    for (std::int64_t i = 0; i < tiles; ++i) {
        const Tile& tile = tiles_[job.first_tile + static_cast<std::size_t>(i)];
        winograd::writeTile(sums + i * width, sums_stride_, ending, first, blocks,
                            {tile.row, tile.column, window_.dilation}, out_,
                            operands_.destination + tile.picture * out_.blocks * out_.plane());
    }
}

}  // namespace overfeat::backend::onednn
