// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace overfeat::evaluate {

// What was shown of a taught class, and whether it was there.
struct Accepted {
    double similarity = 0;
    bool right = false;
};

// How far scores are from how often they are right.
struct Reliability {
    std::size_t count = 0;
    double right = 0;  // share
    // Expected calibration error: the mean distance of score and share in ten bins of the score,
    // weighted by how much is in them.
    double error = 0;
};
// Of those from `threshold` on, whose score is scoreOfSimilarity() with this steepness.
Reliability reliabilityOf(std::span<const Accepted> shown, double threshold, double steepness);

// How far scores are off where they come from a curve that was fitted to other episodes: of those
// from `threshold` on, in their order, the middle and steepness that are likeliest for one half
// give the scores of the other, and the other way round. The mean of both errors; 0 without both
// halves.
double heldOutError(std::span<const Accepted> shown, double threshold);

// The steepness with which those from `threshold` on are most likely what they are, among powers of
// 1.1 from 0.005 to 0.5; nothing is learnt from nothing: 0.
double likeliestSteepness(std::span<const Accepted> shown, double threshold);

}  // namespace overfeat::evaluate
