// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/example_maker.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/detect/turned_view.h"
#include "engine/detect/vector_sums.h"

namespace overfeat::detect {

namespace {

// Pieces of the object, and boxes that hold it and more or half of it: whoever looks for it by
// sliding a box meets all of them.
std::vector<RectPx> surroundingsOf(const RectPx& box) {
    constexpr double kShift = 0.5;
    constexpr double kPiece = 0.6;
    constexpr double kWhole = 1.65;
    const auto scaled = [&](double factor, double across, double down) {
        const double width = box.width * factor;
        const double height = box.height * factor;
        return RectPx{box.x + across * (box.width - width), box.y + down * (box.height - height),
                      width, height};
    };
    std::vector<RectPx> boxes{scaled(kPiece, 0.5, 0.5), scaled(kWhole, 0.5, 0.5)};
    for (const double down : {0.0, 1.0}) {
        for (const double across : {0.0, 1.0})
            boxes.push_back(scaled(kPiece, across, down));
    }
    for (const int down : {-1, 0, 1}) {
        for (const int across : {-1, 0, 1}) {
            if (down == 0 && across == 0) continue;
            boxes.push_back({box.x + across * kShift * box.width,
                             box.y + down * kShift * box.height, box.width, box.height});
        }
    }
    return boxes;
}

}  // namespace

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

void ExampleMaker::turn(PointPx about, double degrees, int side_px, std::span<float> input) {
    const SizePx size{side_px, side_px};
    const std::size_t row_bytes = 3 * static_cast<std::size_t>(side_px);
    turned_.resize(pixels_.size());
    showTurned({pixels_.data(), row_bytes, size}, {degrees, about, about}, size, turned_.data());
    normaliser_.write({turned_.data(), row_bytes, size}, false, input);
}

void ExampleMaker::add(const FeatureMap& sharp, const RectPx& box, std::span<const float> window,
                       ExampleEmbedding& made) {
    sharp_.build(sharp.values, sharp.channels, sharp.cells, true);
    made.size = {.part = sharp.channels, .whole = window.size()};
    const PartGrid grid = made.grid();
    const std::size_t parts = grid.count() * made.size.part;
    const std::size_t at = made.rows.size();
    made.rows.resize(at + parts);
    const RectPx cells = sharp.toCells(box);
    partsOf(sharp_, cells, grid, std::span(made.rows).subspan(at));
    made.rows.insert(made.rows.end(), window.begin(), window.end());
}

void ExampleMaker::addSurroundings(const FeatureMap& sharp, const RectPx& box,
                                   ExampleEmbedding& made) {
    const PartGrid grid = made.grid();
    const std::size_t parts = grid.count() * made.size.part;
    for (const RectPx& other : surroundingsOf(sharp.toCells(box))) {
        made.surroundings.resize(made.surroundings.size() + parts);
        partsOf(sharp_, other, grid, std::span(made.surroundings).last(parts));
    }
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
