// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/backend/onednn/layout.h"
#include "engine/backend/onednn/library.h"
#include "engine/backend/onednn/winograd_kernels.h"
#include "engine/core/tensor.h"

namespace overfeat::backend::onednn {

// The weights of a 3x3 convolution as Winograd's algorithm multiplies them:
// [position][out / 16][in][16], aligned, the last output channels filled up with zeros.
class TileWeights {
public:
    explicit TileWeights(const Tensor& weights);

    const float* data() const noexcept { return data_.get(); }
    std::int64_t bytes() const noexcept { return bytes_; }

private:
    struct FreeAligned {
        void operator()(float* p) const noexcept;
    };
    std::int64_t bytes_;
    std::unique_ptr<float, FreeAligned> data_;
};

// A 3x3 convolution of stride 1 and any dilation by Winograd's algorithm F(4x4, 3x3), which the
// library has for AVX-512 only. Order of work as for Convolution.
//
// The work is cut into jobs of some tiles and some output channels, small enough for what a job
// computes to stay in the cache of its core; the jobs need nothing of one another.
class Winograd {
public:
    static constexpr const char* kImplementation = "winograd:avx2";

    // Whether it can do this convolution, from and to blocks of 8 channels, and is quicker.
    static bool suits(const ConvolutionSpec& spec, Layout source, Layout destination);

    Winograd(const ConvolutionSpec& spec, int threads);

    std::int64_t scratchBytes() const noexcept;

    struct Operands {
        const float* source = nullptr;
        std::shared_ptr<const TileWeights> weights;
        const float* bias = nullptr;
        float* destination = nullptr;
        float* scratch = nullptr;
    };
    void bind(Operands operands) { operands_ = std::move(operands); }
    // Inside a ComputeScope. Allocates nothing.
    void execute() const;

private:
    struct Tile {
        std::int64_t picture;
        std::int64_t row;
        std::int64_t column;
    };
    struct Job {
        std::size_t first_tile;
        std::size_t last_tile;
        std::int64_t first_column;  // of output channels, by sixteens
        std::int64_t last_column;
    };

    void placeTiles(std::int64_t pictures);
    void cutIntoJobs();
    void run(const Job& job, float* scratch) const;

    int threads_;
    winograd::Map in_;
    winograd::Map out_;
    net::SlidingWindow window_;
    winograd::Ending ending_;
    std::vector<Tile> tiles_;
    std::vector<Job> jobs_;
    std::int64_t patch_stride_ = 0;  // floats from position to position, of patches and of sums
    std::int64_t sums_stride_ = 0;
    Operands operands_;
};

}  // namespace overfeat::backend::onednn
