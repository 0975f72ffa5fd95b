// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace overfeat {

// How an accumulated confidence becomes a score of 0..1: the logistic function of
// offset + slope * ln(confidence). Confidence grows with the number of windows and scales, so it is
// first divided by how much more of it an object gets than with the default options: 3.4 at twice
// the windows each way, 1.15 with five scales from 1.25 to 5 windows.
// It is the network's: how much a window's probability is worth differs from one to the next. The
// defaults were fitted to the built-in model, on 200 composed scenes (engine/evaluate/README.md).
struct Calibration {
    double offset = -2.74;
    double slope = 1.41;
    bool operator==(const Calibration&) const = default;
};

}  // namespace overfeat
