// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>

#include "engine/core/oklab.h"

// The engine's OKLab with Qt's colours.
namespace overfeat::ui {

using overfeat::distance;
using overfeat::OkLab;

inline QColor toQColor(const SrgbColour& colour) {
    return QColor::fromRgbF(static_cast<float>(colour.red), static_cast<float>(colour.green),
                            static_cast<float>(colour.blue));
}

inline OkLab toOkLab(const QColor& colour) {
    return overfeat::toOkLab(SrgbColour{colour.redF(), colour.greenF(), colour.blueF()});
}

inline QColor fromOkLab(const OkLab& colour, bool* in_gamut = nullptr) {
    return toQColor(srgbFromOkLab(colour, in_gamut));
}

inline QColor fromOkLch(double lightness, double chroma, double hue_deg) {
    return toQColor(srgbFromOkLch(lightness, chroma, hue_deg));
}

}  // namespace overfeat::ui
