// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/pyramid.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace overfeat::detect {
namespace {

// The side nearest to `wanted` at which windows tile it.
int tiledSide(double wanted, int window_px, std::int64_t stride_px) {
    const auto stride = static_cast<double>(stride_px);
    const double steps = std::round((wanted - window_px) / stride);
    return window_px + static_cast<int>(std::max(steps, 0.0) * stride);
}

// Shorter side of level `index`, in window sides.
double sideWindows(const PyramidScales& scales, int index) {
    if (scales.count < 2) return scales.smallest_side_windows;
    const double ratio = scales.largest_side_windows / scales.smallest_side_windows;
    return scales.smallest_side_windows *
           std::pow(ratio, static_cast<double>(index) / (scales.count - 1));
}

}  // namespace

std::vector<SizePx> pyramidSizes(SizePx frame, int window_px, net::Extent2 stride_px,
                                 const PyramidScales& scales) {
    const double shorter = std::min(frame.width, frame.height);
    const double longer = std::max(frame.width, frame.height);
    const double aspect = std::min(longer / shorter, kMaxLevelAspect);
    const double window = window_px;
    const double enlarged =
        std::min(shorter * kMaxEnlargement, std::max(shorter, window * kMaxEnlargement));
    const double most =
        std::min(std::max(window, enlarged), window * std::sqrt(kMaxLevelWindowAreas / aspect));

    // A small picture gets its scales closer together instead of one of them several times.
    PyramidScales within = scales;
    within.smallest_side_windows = std::min(scales.smallest_side_windows, most / window);
    within.largest_side_windows = std::min(scales.largest_side_windows, most / window);

    std::vector<SizePx> sizes;
    sizes.reserve(static_cast<std::size_t>(scales.count));
    for (int i = 0; i < scales.count; ++i) {
        const double short_side = sideWindows(within, i) * window;
        const double long_side = short_side * aspect;
        const bool wide = frame.width >= frame.height;
        const SizePx size{tiledSide(wide ? long_side : short_side, window_px, stride_px.width),
                          tiledSide(wide ? short_side : long_side, window_px, stride_px.height)};
        if (sizes.empty() || sizes.back() != size) sizes.push_back(size);
    }
    return sizes;
}

RectPx toFrame(const RectPx& in_level, SizePx level, SizePx frame) noexcept {
    const double across = static_cast<double>(frame.width) / level.width;
    const double down = static_cast<double>(frame.height) / level.height;
    return {in_level.x * across, in_level.y * down, in_level.width * across,
            in_level.height * down};
}

}  // namespace overfeat::detect
