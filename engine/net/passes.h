// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/net/graph.h"

namespace overfeat::net {

// Averages of more cells slide in the backends: the larger they are, the more their cells have in
// common with their neighbour's. The cells of smaller ones are added up one by one.
inline constexpr std::int64_t kMostCellsAddedUp = 64;

// Graph rewrites (engine/net/README.md). Each takes a graph and returns a new one; constants are
// shared.

// Folds BatchNormalization into the convolution before it (or makes it a 1x1 depthwise one), drops
// Identity, and fuses Relu/Clip and residual additions into the convolution they follow.
Graph fuse(const Graph& graph);

// How faithful the dense network is to the window network.
enum class DenseFidelity {
    kExact,  // every cell equals the network run on its window alone
    // Cells see real surroundings instead of zeros, or their own surroundings for their window's
    // average.
    kApproximate,
    kClassificationOnly,  // cannot slide at all
};

struct DenseReport {
    DenseFidelity fidelity = DenseFidelity::kExact;
    std::vector<std::string> reasons;  // one sentence per kind of limit
};

struct DenseGraph {
    Graph graph;  // every output is [N, C, rows, columns]
    DenseReport report;
    int window_px = 0;
    // Distance of neighbouring cells in input pixels.
    Extent2 stride_px;
};

// Turns a window network into one that slides over any input of at least `window_px`: Flatten +
// Gemm become a convolution with the window's extent, global average pooling becomes a stride-1
// average over the training extent, Gemm after pooling becomes a 1x1 convolution (and runs before
// the average where that is cheaper: both are linear). A trailing Softmax over classes is applied
// per cell. Cell (0, 0) covers input pixels [0, window_px); cell (r, c) starts at (r, c) *
// stride_px.
DenseGraph makeDense(const Graph& window_graph, int window_px);

// Fine stride (OverFeat section 3.3, Giusti et al. 2013): gives the last strided layers stride 1
// and dilates everything after them by the stride they lost, `steps` times from the end. The result
// equals the outputs of all shifted coarse runs, interleaved. Returns the same graph when nothing
// strided is left; `maxFineSteps` tells how many steps there are.
DenseGraph refineStride(const DenseGraph& dense, int steps);
int maxFineSteps(const DenseGraph& dense);

// The evidence of a classifier that is linear after an average of features (class activation maps,
// Zhou et al. 2016): a window's logit of class k is the mean over its cells of
// weight[k] . features(cell) + bias[k], so those summands say which part of the window made it.
struct LinearEvidence {
    ValueId features = kNoValue;           // [N, channels, rows, columns]
    std::shared_ptr<const Tensor> weight;  // [classes, channels, 1, 1]
    std::shared_ptr<const Tensor> bias;    // [classes], or null
    // Cell (i, j) of window (r, c) is features(r + i * spacing.height, c + j * spacing.width).
    Extent2 cells;
    Extent2 spacing;
};
// Nothing where the output `scores` of a dense graph is not of that kind. Softmax behind it does
// not matter.
std::optional<LinearEvidence> linearEvidence(const Graph& dense, ValueId scores);

// An earlier map of features that says more precisely where something is: the last sum of a
// residual block whose cells lie half as far apart as those of `features`, or where there are no
// such blocks the last layer of that kind. Nothing if no layer is.
std::optional<ValueId> sharperFeatures(const Graph& dense, ValueId features);

// Receptive-field arithmetic from the input to one value: theoretical field, jump and the position
// of the first cell's centre, all in input pixels (half-pixel convention of core/geometry.h).
struct ReceptiveField {
    Extent2 field_px;
    Extent2 jump_px;
    double first_centre_y_px = 0;
    double first_centre_x_px = 0;
};
ReceptiveField receptiveField(const Graph& graph, ValueId value);

}  // namespace overfeat::net
