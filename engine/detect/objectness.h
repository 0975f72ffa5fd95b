// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/calibration.h"
#include "engine/net/graph.h"

namespace overfeat::detect {

// How likely it is that a window shows an object and that its class is the right one: the logistic
// function of bias + the mean over the window's cells of weights * features. A classifier without a
// background class has an answer for every floor and every sleeve; this is what it lacks. Each of
// our heads (models/heads) was trained on the features of one network and is of no use to others.
struct Objectness {
    std::vector<float> weights;  // per channel
    float bias = 0;
    Calibration calibration{};  // of confidences to which windows have voted with their share
};

// What such a head's file names its network by: the fingerprint of its graph.
OVERFEAT_API std::string trunkName(const net::Graph& trunk);

// The head that was trained on this very network, which averages a map of so many channels; null
// for every other one. Reads all weights if there is one with as many channels.
OVERFEAT_API std::shared_ptr<const Objectness> objectnessOf(const net::Graph& trunk,
                                                            std::size_t channels);

}  // namespace overfeat::detect
