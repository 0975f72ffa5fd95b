// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/detect/pixel_view.h"

namespace overfeat::detect {

// The view that classifiers are measured on: the whole picture scaled until its shorter side is
// window / crop pixels, the longer one rounded, and a window cut from its middle. Scaled as the
// programs do that such networks are trained and measured with: a triangle as wide as a pixel of
// the result (bilinear, and antialiased where the picture gets smaller), first along rows, then
// along columns, each rounded to bytes. Only what the window shows is computed.
//
// Keeps its buffers. Threads: one at a time.
class FilteredView {
public:
    // `picture` has at least one pixel; 0 < crop <= 1. Valid until the next call.
    PixelView of(const PixelView& picture, double crop, int window_px);

private:
    // Which pixels of a line make each pixel of the result, and how much of each.
    struct Taps {
        std::vector<int> first;
        std::vector<int> count;
        std::vector<float> weights;  // `most` for each pixel
        int most = 0;

        void make(int from, double scaled, std::int64_t offset, int count_out);
    };

    void alongRow(const std::uint8_t* row, std::uint8_t* to);
    void alongColumns(std::size_t y, const std::uint8_t* from, std::size_t row_bytes,
                      std::uint8_t* to);

    Taps across_;
    Taps down_;
    std::vector<float> line_;
    std::vector<std::uint8_t> narrowed_;
    std::vector<std::uint8_t> result_;
};

}  // namespace overfeat::detect
