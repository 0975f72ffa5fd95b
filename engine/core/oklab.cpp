// SPDX-License-Identifier: Apache-2.0
#include "engine/core/oklab.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace overfeat {
namespace {

// The sRGB transfer curve of IEC 61966-2-1.
double linear(double encoded) noexcept {
    return encoded <= 0.04045 ? encoded / 12.92 : std::pow((encoded + 0.055) / 1.055, 2.4);
}

double encoded(double linear_value) noexcept {
    return linear_value <= 0.0031308 ? linear_value * 12.92
                                     : 1.055 * std::pow(linear_value, 1 / 2.4) - 0.055;
}

}  // namespace

OkLab toOkLab(const SrgbColour& colour) noexcept {
    const double r = linear(colour.red);
    const double g = linear(colour.green);
    const double b = linear(colour.blue);
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

SrgbColour srgbFromOkLab(const OkLab& colour, bool* in_gamut) noexcept {
    const auto cube = [](double x) { return x * x * x; };
    const double l = cube(colour.l + 0.3963377774 * colour.a + 0.2158037573 * colour.b);
    const double m = cube(colour.l - 0.1055613458 * colour.a - 0.0638541728 * colour.b);
    const double s = cube(colour.l - 0.0894841775 * colour.a - 1.2914855480 * colour.b);
    const double rgb[] = {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
                          -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
                          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
    constexpr double kTolerance = 1e-4;
    const auto shown = [](double x) { return x >= -kTolerance && x <= 1 + kTolerance; };
    if (in_gamut) *in_gamut = std::ranges::all_of(rgb, shown);
    const auto component = [](double x) { return encoded(std::clamp(x, 0.0, 1.0)); };
    return {component(rgb[0]), component(rgb[1]), component(rgb[2])};
}

SrgbColour srgbFromOkLch(double lightness, double chroma, double hue_deg) noexcept {
    const double hue = hue_deg * std::numbers::pi / 180;
    constexpr int kSteps = 40;
    SrgbColour colour;
    for (int step = 0; step <= kSteps; ++step) {
        const double c = chroma * (kSteps - step) / kSteps;
        bool in_gamut = false;
        colour = srgbFromOkLab({lightness, c * std::cos(hue), c * std::sin(hue)}, &in_gamut);
        if (in_gamut) break;
    }
    return colour;
}

double distance(const OkLab& x, const OkLab& y) noexcept {
    return std::hypot(x.l - y.l, x.a - y.a, x.b - y.b);
}

}  // namespace overfeat
