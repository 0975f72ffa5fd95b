// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/core/geometry.h"

namespace overfeat {

// Which layer of a network is looked into, and from which of its channels on.
struct LayerLook {
    std::string name;  // of a value in the model's file, as `overfeat features --layer` takes it
    std::size_t first_channel = 0;
    bool operator==(const LayerLook&) const = default;
};

// What the channels of one layer said about a picture, in the coordinates of its frame. A layer may
// have thousands of channels and a picture is looked at many times in a second, so only some of
// them are kept.
struct LayerMaps {
    static constexpr std::size_t kMostChannels = 64;
    static constexpr std::size_t kMostValues = std::size_t{1} << 21;

    std::string name;
    std::string problem;            // why there are no maps, one sentence; empty if there are
    std::size_t channels = 0;       // of the layer
    std::size_t first_channel = 0;  // of those kept
    SizePx cells;
    RectPx first_cell_px;       // of the frame; the other cells adjoin, each as large
    std::vector<float> values;  // [channel][row][column]

    std::size_t cellCount() const noexcept {
        return static_cast<std::size_t>(cells.width) * static_cast<std::size_t>(cells.height);
    }
    // How many channels of a layer with so many cells are kept.
    static std::size_t channelsKept(std::size_t cell_count) noexcept {
        return std::clamp<std::size_t>(kMostValues / std::max<std::size_t>(cell_count, 1), 1,
                                       kMostChannels);
    }
    std::size_t keptChannels() const noexcept {
        return cellCount() == 0 ? 0 : values.size() / cellCount();
    }
    bool keeps(std::size_t channel) const noexcept {
        return channel >= first_channel && channel - first_channel < keptChannels();
    }
    // Row-major. The channel must be kept.
    std::span<const float> plane(std::size_t channel) const noexcept {
        return {values.data() + (channel - first_channel) * cellCount(), cellCount()};
    }
    // What all cells together cover; may reach over the frame's edges.
    RectPx area() const noexcept {
        return {first_cell_px.x, first_cell_px.y, first_cell_px.width * cells.width,
                first_cell_px.height * cells.height};
    }
};

}  // namespace overfeat
