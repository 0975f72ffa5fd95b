// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/api.h"
#include "engine/core/geometry.h"

namespace overfeat::backend {

// Which pixels of a line make each pixel of the result, and how much of each: pixel i is the sum of
// `count[i]` (1 to `most`) pixels from `first[i]` on, weighted by weights[i * most] and what
// follows it.
struct AxisTaps {
    std::span<const std::int32_t> first;
    std::span<const std::int32_t> count;
    std::span<const float> weights;
    std::size_t most = 0;
};

// How a network's input [1, 3, height, width] is made of a picture of 8-bit RGB, 0..255: lines are
// summed down the picture by twos ((w0 r0 + w1 r1) + (w2 r2 + w3 r3) + ...), then pixels along that
// line one by one, all in float, so that it comes out the same wherever it is done (but for the
// last bits, where multiplications are fused with additions); then (sum - mean) * factor per
// channel.
struct Resizing {
    AxisTaps across;  // one per column of the input
    AxisTaps down;    // one per row
    std::array<float, 3> mean{};
    std::array<float, 3> factor{};
    bool mirrored = false;  // left and right swapped, after everything else
};

// A picture in a device's own memory, for plans to make their inputs of (Plan::makeInputOf).
//
// Keeps its memory from picture to picture. Threads: one at a time, that of the plans that read it.
class OVERFEAT_API DevicePicture {
public:
    virtual ~DevicePicture() = default;
    // Takes another picture, 3 bytes per pixel and `row_bytes` from row to row, which may go when
    // this returns. Plans have to be told of it again. False if it is none that this is good for
    // (empty, or huge): there is no picture then. Throws Error(kDeviceLost).
    virtual bool set(const std::uint8_t* rgb, std::size_t row_bytes, SizePx size) = 0;

protected:
    DevicePicture() = default;
    DevicePicture(const DevicePicture&) = delete;
    DevicePicture& operator=(const DevicePicture&) = delete;
};

}  // namespace overfeat::backend
