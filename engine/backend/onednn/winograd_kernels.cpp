// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/winograd_kernels.h"

#include <algorithm>
#include <cstddef>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace overfeat::backend::onednn::winograd {

#if defined(__x86_64__)

// Marked function by function, because this file is compiled for processors without, too. What the
// header declares is not: a definition with other instructions would be a second function.
#define OVERFEAT_AVX2 [[gnu::target("avx2,fma")]]
#define OVERFEAT_AVX2_INLINE [[gnu::target("avx2,fma"), gnu::always_inline]] inline

namespace {

constexpr float kNear = 0.707106781F;  // the points of interpolation
constexpr float kFar = 1.414213562F;

// One direction of a patch: six numbers that are `From` apart become six that are `To` apart.
template <std::ptrdiff_t From, std::ptrdiff_t To>
OVERFEAT_AVX2_INLINE void turnPatch(const __m256* d, __m256* to) {
    const __m256 minus_sum = _mm256_set1_ps(-2.5F);  // -(near^2 + far^2)
    const __m256 minus_far = _mm256_set1_ps(-2.0F);
    const __m256 minus_near = _mm256_set1_ps(-0.5F);
    to[0] = _mm256_add_ps(_mm256_fmadd_ps(minus_sum, d[2 * From], d[0]), d[4 * From]);
    __m256 even = _mm256_fmadd_ps(minus_far, d[2 * From], d[4 * From]);
    __m256 odd =
        _mm256_mul_ps(_mm256_set1_ps(kNear), _mm256_fmadd_ps(minus_far, d[From], d[3 * From]));
    to[To] = _mm256_add_ps(even, odd);
    to[2 * To] = _mm256_sub_ps(even, odd);
    even = _mm256_fmadd_ps(minus_near, d[2 * From], d[4 * From]);
    odd = _mm256_mul_ps(_mm256_set1_ps(kFar), _mm256_fmadd_ps(minus_near, d[From], d[3 * From]));
    to[3 * To] = _mm256_add_ps(even, odd);
    to[4 * To] = _mm256_sub_ps(even, odd);
    to[5 * To] = _mm256_add_ps(_mm256_fmadd_ps(minus_sum, d[3 * From], d[From]), d[5 * From]);
}

// One direction of the sums: six numbers that are `From` apart become four that are `To` apart.
template <std::ptrdiff_t From, std::ptrdiff_t To>
OVERFEAT_AVX2_INLINE void turnSums(const __m256* m, __m256* to) {
    const __m256 near_sum = _mm256_add_ps(m[From], m[2 * From]);
    const __m256 near_difference = _mm256_sub_ps(m[From], m[2 * From]);
    const __m256 far_sum = _mm256_add_ps(m[3 * From], m[4 * From]);
    const __m256 far_difference = _mm256_sub_ps(m[3 * From], m[4 * From]);
    to[0] = _mm256_add_ps(m[0], _mm256_add_ps(near_sum, far_sum));
    to[To] = _mm256_fmadd_ps(_mm256_set1_ps(kNear), near_difference,
                             _mm256_mul_ps(_mm256_set1_ps(kFar), far_difference));
    to[2 * To] = _mm256_fmadd_ps(_mm256_set1_ps(0.5F), near_sum, _mm256_add_ps(far_sum, far_sum));
    to[3 * To] =
        _mm256_fmadd_ps(_mm256_set1_ps(0.5F * kNear), near_difference,
                        _mm256_fmadd_ps(_mm256_set1_ps(2 * kFar), far_difference, m[5 * From]));
}

// The loops over tiles have to be unrolled early: otherwise GCC 12 keeps the sums in memory.
template <std::int64_t Tiles>
OVERFEAT_AVX2 void multiplyTiles(const float* patches, const float* weights, std::int64_t depth,
                                 float* sums, std::int64_t sums_stride) noexcept {
    __m256 left[Tiles];
    __m256 right[Tiles];
#pragma GCC unroll 8
    for (std::int64_t t = 0; t < Tiles; ++t)
        left[t] = right[t] = _mm256_setzero_ps();
    for (std::int64_t k = 0; k < depth; ++k) {
        const __m256 left_weights = _mm256_load_ps(weights + kColumns * k);
        const __m256 right_weights = _mm256_load_ps(weights + kColumns * k + kLanes);
#pragma GCC unroll 8
        for (std::int64_t t = 0; t < Tiles; ++t) {
            const __m256 number = _mm256_broadcast_ss(patches + t * depth + k);
            left[t] = _mm256_fmadd_ps(number, left_weights, left[t]);
            right[t] = _mm256_fmadd_ps(number, right_weights, right[t]);
        }
    }
#pragma GCC unroll 8
    for (std::int64_t t = 0; t < Tiles; ++t) {
        _mm256_store_ps(sums + t * sums_stride, left[t]);
        _mm256_store_ps(sums + t * sums_stride + kLanes, right[t]);
    }
}

OVERFEAT_AVX2 void transformPatchHere(const float* picture, const Map& map, const Lattice& at,
                                      float* to, std::int64_t stride) noexcept {
    const std::int64_t down = at.step.height;
    const std::int64_t across = at.step.width;
    const bool inside = at.row >= 0 && at.column >= 0 &&
                        at.row + (kPatch - 1) * down < map.height &&
                        at.column + (kPatch - 1) * across < map.width;
    for (std::int64_t block = 0; block < map.blocks; ++block) {
        const float* plane = picture + block * map.plane();
        __m256 taps[kPositions];
        __m256 half[kPositions];
        if (inside) {
            const float* first = plane + (at.row * map.width + at.column) * kLanes;
            for (std::int64_t i = 0; i < kPatch; ++i)
                for (std::int64_t j = 0; j < kPatch; ++j)
                    taps[i * kPatch + j] =
                        _mm256_load_ps(first + (i * down * map.width + j * across) * kLanes);
        } else {
            for (std::int64_t i = 0; i < kPatch; ++i) {
                const std::int64_t row = at.row + i * down;
                for (std::int64_t j = 0; j < kPatch; ++j) {
                    const std::int64_t column = at.column + j * across;
                    const bool there =
                        row >= 0 && row < map.height && column >= 0 && column < map.width;
                    taps[i * kPatch + j] =
                        there ? _mm256_load_ps(plane + (row * map.width + column) * kLanes)
                              : _mm256_setzero_ps();
                }
            }
        }
        for (std::int64_t i = 0; i < kPatch; ++i)
            turnPatch<1, 1>(taps + i * kPatch, half + i * kPatch);
        for (std::int64_t j = 0; j < kPatch; ++j) {
            __m256 column[kPatch];
            turnPatch<kPatch, 1>(half + j, column);
            for (std::int64_t i = 0; i < kPatch; ++i)
                _mm256_store_ps(to + (i * kPatch + j) * stride + block * kLanes, column[i]);
        }
    }
}

OVERFEAT_AVX2 void writeTileHere(const float* sums, std::int64_t stride, const Ending& ending,
                                 std::int64_t first, std::int64_t blocks, const Lattice& at,
                                 const Map& map, float* picture) noexcept {
    const auto within = [](std::int64_t start, std::int64_t step, std::int64_t extent) {
        return std::min(kTile, (extent - start + step - 1) / step);
    };
    const std::int64_t down = at.step.height;
    const std::int64_t across = at.step.width;
    const std::int64_t rows = within(at.row, down, map.height);
    const std::int64_t columns = within(at.column, across, map.width);
    const __m256 low = _mm256_set1_ps(ending.low);
    const __m256 high = _mm256_set1_ps(ending.high);
    for (std::int64_t block = 0; block < blocks; ++block) {
        __m256 bias = _mm256_setzero_ps();
        if (ending.bias != nullptr) bias = _mm256_loadu_ps(ending.bias + (first + block) * kLanes);
        __m256 half[kPatch * kTile];
        for (std::int64_t i = 0; i < kPatch; ++i) {
            __m256 row[kPatch];
            for (std::int64_t j = 0; j < kPatch; ++j)
                row[j] = _mm256_load_ps(sums + (i * kPatch + j) * stride + block * kLanes);
            turnSums<1, 1>(row, half + i * kTile);
        }
        float* to =
            picture + (first + block) * map.plane() + (at.row * map.width + at.column) * kLanes;
        for (std::int64_t j = 0; j < columns; ++j) {
            __m256 column[kTile];
            turnSums<kTile, 1>(half + j, column);
            for (std::int64_t i = 0; i < rows; ++i) {
                float* pixel = to + (i * down * map.width + j * across) * kLanes;
                __m256 y = _mm256_add_ps(column[i], bias);
                if (ending.adds_to_destination) y = _mm256_add_ps(y, _mm256_load_ps(pixel));
                // In this order what is not a number stays none.
                _mm256_store_ps(pixel, _mm256_min_ps(high, _mm256_max_ps(low, y)));
            }
        }
    }
}

}  // namespace

bool canRun() noexcept {
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

void transformPatch(const float* picture, const Map& map, const Lattice& at, float* to,
                    std::int64_t stride) noexcept {
    transformPatchHere(picture, map, at, to, stride);
}

void multiply(const float* patches, const float* weights, std::int64_t depth, std::int64_t tiles,
              float* sums, std::int64_t sums_stride) noexcept {
    // Six tiles of sixteen sums, two weights and a number are the registers there are.
    while (tiles >= 6) {
        multiplyTiles<6>(patches, weights, depth, sums, sums_stride);
        patches += 6 * depth;
        sums += 6 * sums_stride;
        tiles -= 6;
    }
    switch (tiles) {
        case 5:
            return multiplyTiles<5>(patches, weights, depth, sums, sums_stride);
        case 4:
            return multiplyTiles<4>(patches, weights, depth, sums, sums_stride);
        case 3:
            return multiplyTiles<3>(patches, weights, depth, sums, sums_stride);
        case 2:
            return multiplyTiles<2>(patches, weights, depth, sums, sums_stride);
        case 1:
            return multiplyTiles<1>(patches, weights, depth, sums, sums_stride);
        default:
            return;
    }
}

void writeTile(const float* sums, std::int64_t stride, const Ending& ending, std::int64_t first,
               std::int64_t blocks, const Lattice& at, const Map& map, float* picture) noexcept {
    writeTileHere(sums, stride, ending, first, blocks, at, map, picture);
}

#else

bool canRun() noexcept {
    return false;
}
void transformPatch(const float* /*picture*/, const Map& /*map*/, const Lattice& /*at*/,
                    float* /*to*/, std::int64_t /*stride*/) noexcept {}
void multiply(const float* /*patches*/, const float* /*weights*/, std::int64_t /*depth*/,
              std::int64_t /*tiles*/, float* /*sums*/, std::int64_t /*sums_stride*/) noexcept {}
void writeTile(const float* /*sums*/, std::int64_t /*stride*/, const Ending& /*ending*/,
               std::int64_t /*first*/, std::int64_t /*blocks*/, const Lattice& /*at*/,
               const Map& /*map*/, float* /*picture*/) noexcept {}

#endif

}  // namespace overfeat::backend::onednn::winograd
