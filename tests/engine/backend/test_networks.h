// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/net/graph.h"

namespace overfeat::test {

// A network like the default model after the passes, dense and at fine stride: 3x3 convolutions
// with residuals, one pooling, everything after it dilated, an average over the training window
// and two heads. Random weights. Input [1, 3, H, W] with H, W >= 20.
net::Graph denseNetwork();

// A network like MobileNetV2: strided, depthwise and 1x1 convolutions with ReLU6, a classifier.
net::Graph mobileNetwork();

// ResNet-18 (He et al., 2015, table 1) as it slides: batch normalisation folded, an average over
// 2x2 cells, 1,000 classes. Random weights. Input [1, 3, H, W] with H, W >= 64, multiples of 32.
net::Graph residualNetwork18();

}  // namespace overfeat::test
