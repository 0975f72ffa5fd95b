// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/example_maker.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace overfeat::detect {

ExampleMaker::ExampleMaker(const Normaliser& normaliser, const net::Normalisation& normalisation,
                           SizePx square)
    : normaliser_(normaliser), square_(square) {
    for (std::size_t c = 0; c < empty_.size(); ++c) {
        empty_[c] =
            static_cast<std::uint8_t>(std::clamp(std::lround(normalisation.mean[c]), 0L, 255L));
    }
}

void ExampleMaker::show(const Image& picture, const ExampleView& view, std::span<float> input) {
    const std::size_t row_bytes = 3 * static_cast<std::size_t>(square_.width);
    pixels_.resize(row_bytes * static_cast<std::size_t>(square_.height));
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
    normaliser_.write({pixels_.data(), row_bytes, square_}, false, input);
}

void ExampleMaker::add(const LevelFeatures& features, const RectPx& box, ExampleEmbedding& made) {
    sharp_.build(features.sharp.values, features.sharp.channels, features.sharp.cells, true);
    last_.build(features.last.values, features.last.channels, features.last.cells);
    made.size = {features.sharp.channels, features.last.channels};
    made.width_px = box.width;
    made.height_px = box.height;
    const PartGrid grid = made.grid();
    const std::size_t parts = grid.count() * made.size.part;
    const auto addRow = [&](const RectPx& place, std::vector<float>& rows) {
        const std::size_t at = rows.size();
        rows.resize(at + made.size.row(grid));
        const auto row = std::span(rows).subspan(at);
        partsOf(sharp_, features.sharp.toCells(place), grid, row.first(parts));
        wholeOf(last_, features.last.toCells(place), row.subspan(parts));
    };
    addRow(box, made.rows);
}

void wholeOf(const SummedMap& last, const RectPx& cells, std::span<float> whole) {
    std::ranges::fill(whole, 0.0F);
    last.mean(cells, whole);
    const float length =
        std::sqrt(std::inner_product(whole.begin(), whole.end(), whole.begin(), 0.0F));
    if (length <= 0) return;
    for (float& value : whole)
        value /= length;
}

}  // namespace overfeat::detect
