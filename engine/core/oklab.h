// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace overfeat {

// A colour of an sRGB screen, each component 0..1.
struct SrgbColour {
    double red = 0;
    double green = 0;
    double blue = 0;
};

// A colour in Björn Ottosson's OKLab (2020): equal distances look about equally different, and `l`
// (0..1) is how light it looks.
struct OkLab {
    double l = 0;
    double a = 0;
    double b = 0;
};

OkLab toOkLab(const SrgbColour& colour) noexcept;
// `in_gamut` says whether the sRGB screen can show it; outside, components are clipped.
SrgbColour srgbFromOkLab(const OkLab& colour, bool* in_gamut = nullptr) noexcept;

// Lightness, chroma and hue in degrees; the chroma is lowered until sRGB can show the colour.
SrgbColour srgbFromOkLch(double lightness, double chroma, double hue_deg) noexcept;

double distance(const OkLab& x, const OkLab& y) noexcept;

}  // namespace overfeat
