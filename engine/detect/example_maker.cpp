// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/example_maker.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace overfeat::detect {

ExampleMaker::ExampleMaker(const Normaliser& normaliser, const net::Normalisation& normalisation)
    : normaliser_(normaliser) {
    for (std::size_t c = 0; c < empty_.size(); ++c) {
        empty_[c] =
            static_cast<std::uint8_t>(std::clamp(std::lround(normalisation.mean[c]), 0L, 255L));
    }
}

void ExampleMaker::show(const Image& picture, const ExampleView& view, int side_px,
                        std::span<float> input) {
    const std::size_t row_bytes = 3 * static_cast<std::size_t>(side_px);
    pixels_.resize(row_bytes * static_cast<std::size_t>(side_px));
    for (std::size_t i = 0; i < pixels_.size(); i += 3)
        std::ranges::copy(empty_, pixels_.begin() + static_cast<std::ptrdiff_t>(i));
    resampler_.begin(picture, {});
    const PixelView part = resampler_.part(view.part, view.size);
    for (int row = 0; row < view.size.height; ++row) {
        const auto to =
            (static_cast<std::size_t>(view.offset.y) + static_cast<std::size_t>(row)) * row_bytes +
            3 * static_cast<std::size_t>(view.offset.x);
        std::memcpy(pixels_.data() + to, part.rgb + static_cast<std::size_t>(row) * part.row_bytes,
                    3 * static_cast<std::size_t>(view.size.width));
    }
    normaliser_.write({pixels_.data(), row_bytes, {side_px, side_px}}, false, input);
}

void ExampleMaker::add(const FeatureMap& sharp, const RectPx& box, std::span<const float> window,
                       ExampleEmbedding& made) {
    sharp_.build(sharp.values, sharp.channels, sharp.cells, true);
    made.size = {.part = sharp.channels, .whole = window.size()};
    const PartGrid grid = made.grid();
    const std::size_t parts = grid.count() * made.size.part;
    const std::size_t at = made.rows.size();
    made.rows.resize(at + parts);
    partsOf(sharp_, sharp.toCells(box), grid, std::span(made.rows).subspan(at));
    made.rows.insert(made.rows.end(), window.begin(), window.end());
}

std::vector<float> ExampleMaker::wholeOf(const FeatureMap& last) {
    SummedMap sums;
    sums.build(last.values, last.channels, last.cells);
    std::vector<float> whole(last.channels);
    sums.mean({0, 0, static_cast<double>(last.cells.width), static_cast<double>(last.cells.height)},
              whole);
    makeUnit(whole);
    return whole;
}

}  // namespace overfeat::detect
