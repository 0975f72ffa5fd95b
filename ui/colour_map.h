// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <array>

namespace overfeat::ui {

// The colour of every score in the program: from deep violet over red and orange to pale yellow.
//
// Perceptually uniform: a smooth path through OKLab with monotone lightness, walked at constant
// speed, so that equal differences of score look equally different and the order survives a
// black-and-white print or a colour-blind eye. Computed when the program starts, not a table.
class ColourMap {
public:
    static constexpr int kSteps = 256;
    ColourMap();

    // `position` is clamped to 0..1; not a number counts as 0.
    QRgb at(float position) const noexcept;

private:
    std::array<QRgb, kSteps> colours_{};
};

// The one instance.
const ColourMap& colourMap();
QColor scoreColour(float position);

// How much of the overlay's opacity a score gets: nothing at 0, rising to all of it at a third of
// the range. What the network does not care about stays clear instead of being painted dark.
float scoreCoverage(float position) noexcept;

}  // namespace overfeat::ui
