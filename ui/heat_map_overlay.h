// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>

#include "engine/core/recognition.h"
#include "ui/view_models.h"

namespace overfeat::ui {

// A class's confidence as a picture to lay over the frame.
struct HeatMapOverlay {
    QImage image;     // premultiplied ARGB, one pixel per grid point; null = nothing to show
    RectPx area;      // the part of the frame the image covers; may reach a little beyond it
    float range = 1;  // the score at the top of the colour map
    float peak = 0;   // the highest value shown
    bool isNull() const { return image.isNull(); }
};

// About so many grid points along the longer side: finer than any map's cells, so that the overlay
// is as smooth as the network's own spacing allows, and coarse enough to be made for every result.
inline constexpr int kOverlayPoints = 128;

// Of one scale, or of all as overfeat::heatMap combines them. The colours span 0..1 or
// 0..overlayRange().
HeatMapOverlay makeOverlay(const Recognition& recognition, std::size_t class_index,
                           const HeatMapOptions& options, float previous_range);

// The top of the colour map for a peak: the next of 0.2 0.5 1. Colours are never stretched further:
// a map of noise must not look like a find. It only comes down once the peak is well below the
// lower step, so that the legend does not flicker.
float overlayRange(float peak, float previous_range) noexcept;

}  // namespace overfeat::ui
