// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>

namespace overfeat::ui {

// A colour in Björn Ottosson's OKLab (2020): equal distances look about equally different, and `l`
// (0..1) is how light it looks.
struct OkLab {
    double l = 0;
    double a = 0;
    double b = 0;
};

OkLab toOkLab(const QColor& colour);
// `in_gamut` says whether the sRGB screen can show it; outside, components are clipped.
QColor fromOkLab(const OkLab& colour, bool* in_gamut = nullptr);

// Lightness, chroma and hue in degrees; the chroma is lowered until sRGB can show the colour.
QColor fromOkLch(double lightness, double chroma, double hue_deg);

double distance(const OkLab& x, const OkLab& y);

}  // namespace overfeat::ui
