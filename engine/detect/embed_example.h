// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "engine/core/example.h"
#include "engine/core/taught_classes.h"
#include "engine/detect/compile_plan.h"
#include "engine/detect/network.h"
#include "engine/detect/part_scan.h"

namespace overfeat::detect {

// An output of a plan that has run, over what its input shows: `shown` of the frame is `input`.
FeatureMap featureMap(const FeatureOutput& from, const backend::Plan& plan, SizePx input,
                      SizePx shown);

// Shows the example to the network at several sizes, each in a square of its own; at kUpright these
// rows have the parts they have at kAll, and all the same window. Throws Error(kModel) if nothing
// can be taught to this network, Error(kInput) if the box holds nothing, Error(kCancelled), and
// what compiling throws.
ExampleEmbedding embedExample(Network& network, const Example& example, ExampleDepth depth,
                              const CompilePlan& compiled, const std::stop_token& stop);

}  // namespace overfeat::detect
