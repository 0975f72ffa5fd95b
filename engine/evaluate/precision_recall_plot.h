// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "engine/evaluate/detection.h"

namespace overfeat::evaluate {

// Precision over recall at IoU 0.5, averaged over the classes, one line per merge: an SVG document
// on white with axes and a legend. Names are escaped.
std::string precisionRecallPlot(std::span<const MergeReport> merges);

}  // namespace overfeat::evaluate
