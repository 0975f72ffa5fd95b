// SPDX-License-Identifier: Apache-2.0
#include "ui/colour_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "ui/oklab.h"

namespace overfeat::ui {
namespace {

// The path's corners: dark to light, cold to warm. Chosen by eye; everything between is computed.
struct Corner {
    double lightness;
    double chroma;
    double hue_deg;
};
constexpr std::array<Corner, 6> kCorners{{{0.20, 0.075, 288},
                                          {0.36, 0.145, 310},
                                          {0.52, 0.175, 360},
                                          {0.67, 0.175, 392},
                                          {0.815, 0.145, 434},
                                          {0.96, 0.060, 462}}};

constexpr int kSegments = static_cast<int>(kCorners.size()) - 1;

OkLab labOf(const Corner& corner) {
    const double hue = corner.hue_deg * std::numbers::pi / 180;
    return {corner.lightness, corner.chroma * std::cos(hue), corner.chroma * std::sin(hue)};
}

// Catmull-Rom: through the corners, with a continuous direction.
double spline(double p0, double p1, double p2, double p3, double t) {
    return p1 + 0.5 * t *
                    (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
}

OkLab pathAt(double position) {
    const double scaled = std::clamp(position, 0.0, 1.0) * kSegments;
    const int segment = std::min(static_cast<int>(scaled), kSegments - 1);
    const auto corner = [](int index) {
        return labOf(kCorners[static_cast<std::size_t>(std::clamp(index, 0, kSegments))]);
    };
    const OkLab p0 = corner(segment - 1);
    const OkLab p1 = corner(segment);
    const OkLab p2 = corner(segment + 1);
    const OkLab p3 = corner(segment + 2);
    const double t = scaled - segment;
    return {spline(p0.l, p1.l, p2.l, p3.l, t), spline(p0.a, p1.a, p2.a, p3.a, t),
            spline(p0.b, p1.b, p2.b, p3.b, t)};
}

}  // namespace

ColourMap::ColourMap() {
    constexpr int kSamples = 2000;
    std::vector<OkLab> path;
    std::vector<double> length;  // along the path, up to each sample
    for (int i = 0; i <= kSamples; ++i) {
        path.push_back(pathAt(static_cast<double>(i) / kSamples));
        length.push_back(i == 0 ? 0 : length.back() + distance(path[path.size() - 2], path.back()));
    }
    std::size_t sample = 0;
    for (int step = 0; step < kSteps; ++step) {
        const double wanted = length.back() * step / (kSteps - 1);
        while (sample + 2 < length.size() && length[sample + 1] < wanted)
            ++sample;
        const double t = (wanted - length[sample]) / (length[sample + 1] - length[sample]);
        const OkLab& from = path[sample];
        const OkLab& to = path[sample + 1];
        colours_[static_cast<std::size_t>(step)] =
            fromOkLab({std::lerp(from.l, to.l, t), std::lerp(from.a, to.a, t),
                       std::lerp(from.b, to.b, t)})
                .rgb();
    }
}

QRgb ColourMap::at(float position) const noexcept {
    if (!(position > 0)) return colours_.front();
    const float scaled = std::min(position, 1.0F) * (kSteps - 1);
    return colours_[static_cast<std::size_t>(std::lround(scaled))];
}

const ColourMap& colourMap() {
    static const ColourMap map;
    return map;
}

QColor scoreColour(float position) {
    return QColor::fromRgb(colourMap().at(position));
}

float scoreCoverage(float position) noexcept {
    if (!(position > 0)) return 0;
    // Full only near the top: what is half as likely should not hide the picture.
    constexpr float kFullAt = 0.85F;
    const float t = std::min(position / kFullAt, 1.0F);
    return t * t * (3 - 2 * t);
}

}  // namespace overfeat::ui
