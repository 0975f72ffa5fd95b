// SPDX-License-Identifier: Apache-2.0
// The two mathematical promises of the passes, on random networks (engine/net/README.md).
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/net/passes.h"
#include "tests/engine/net/random_network.h"
#include "tests/engine/net/run_graph.h"

namespace overfeat {
namespace {

using net::DenseFidelity;
using net::DenseGraph;
using test::at;
using test::cropped;
using test::randomNetwork;
using test::randomPicture;
using test::run;

constexpr float kTolerance = 2e-5F;  // float32 rounding between layers

class DenseProperty : public ::testing::TestWithParam<std::uint32_t> {};

// Every channel of cell (row, column) equals the vector that the window network computes.
void expectCell(const Tensor& map, std::int64_t row, std::int64_t column, const Tensor& vector,
                const std::string& what) {
    ASSERT_EQ(map.shape()[1], vector.shape().elementCount());
    for (std::int64_t c = 0; c < map.shape()[1]; ++c) {
        const float expected = vector.values()[static_cast<std::size_t>(c)];
        ASSERT_NEAR(at(map, c, row, column), expected, kTolerance * (1 + std::abs(expected)))
            << what << ", cell " << row << "," << column << ", channel " << c;
    }
}

TEST_P(DenseProperty, EveryCellEqualsTheNetworkOnItsWindow) {
    const auto network = randomNetwork(GetParam(), false);
    const DenseGraph dense = net::makeDense(network.graph, network.window_px);
    ASSERT_EQ(dense.report.fidelity, DenseFidelity::kExact);
    const std::int64_t height = network.window_px + dense.stride_px.height + 1;
    const std::int64_t width = network.window_px + 2 * dense.stride_px.width;
    const Tensor picture = randomPicture(GetParam() + 100, height, width);

    for (int steps = 0; steps <= net::maxFineSteps(dense); ++steps) {
        const DenseGraph fine = net::refineStride(dense, steps);
        const std::vector<Tensor> maps = run(fine.graph, picture);
        ASSERT_EQ(maps.size(), 2U);
        for (std::int64_t y = 0; y + network.window_px <= height; y += fine.stride_px.height) {
            for (std::int64_t x = 0; x + network.window_px <= width; x += fine.stride_px.width) {
                const auto window = run(
                    network.graph, cropped(picture, y, x, network.window_px, network.window_px));
                for (std::size_t output = 0; output < 2; ++output) {
                    ASSERT_EQ(maps[output].shape().rank(), 4);
                    expectCell(maps[output], y / fine.stride_px.height, x / fine.stride_px.width,
                               window[output],
                               "output " + std::to_string(output) + ", " + std::to_string(steps) +
                                   " fine steps");
                }
            }
        }
    }
}

// Cells whose receptive field lies inside the picture, for padded networks; all of them otherwise.
bool isInterior(const net::ReceptiveField& field, net::Extent2 stride, std::int64_t row,
                std::int64_t column, std::int64_t height, std::int64_t width) {
    const double y = field.first_centre_y_px + static_cast<double>(row * stride.height);
    const double x = field.first_centre_x_px + static_cast<double>(column * stride.width);
    const double half_height = static_cast<double>(field.field_px.height) / 2;
    const double half_width = static_cast<double>(field.field_px.width) / 2;
    return y - half_height >= 0 && y + half_height <= static_cast<double>(height) &&
           x - half_width >= 0 && x + half_width <= static_cast<double>(width);
}

// Compares the fine run with the coarse runs on shifted pictures, `shifts` of them per direction.
// Returns the number of cells compared.
int compareWithShiftedRuns(const DenseGraph& coarse, int steps, const Tensor& picture,
                           bool whole_cells) {
    const DenseGraph fine = net::refineStride(coarse, steps);
    const std::int64_t shifts = coarse.stride_px.height / fine.stride_px.height;
    const std::vector<Tensor> fine_maps = run(fine.graph, picture);
    int compared = 0;
    for (std::int64_t dy = 0; dy < shifts; ++dy) {
        for (std::int64_t dx = 0; dx < shifts; ++dx) {
            const std::int64_t height = picture.shape()[2] - dy * fine.stride_px.height;
            const std::int64_t width = picture.shape()[3] - dx * fine.stride_px.width;
            const Tensor shifted = cropped(picture, dy * fine.stride_px.height,
                                           dx * fine.stride_px.width, height, width);
            const std::vector<Tensor> maps = run(coarse.graph, shifted);
            for (std::size_t output = 0; output < maps.size(); ++output) {
                const auto field = net::receptiveField(coarse.graph, coarse.graph.outputs[output]);
                for (std::int64_t row = 0; row < maps[output].shape()[2]; ++row) {
                    for (std::int64_t column = 0; column < maps[output].shape()[3]; ++column) {
                        if (!whole_cells && (dy != 0 || dx != 0) &&
                            !isInterior(field, coarse.stride_px, row, column, height, width)) {
                            continue;
                        }
                        for (std::int64_t c = 0; c < maps[output].shape()[1]; ++c) {
                            const float expected = at(maps[output], c, row, column);
                            const float actual =
                                at(fine_maps[output], c, row * shifts + dy, column * shifts + dx);
                            EXPECT_NEAR(actual, expected, kTolerance * (1 + std::abs(expected)))
                                << "output " << output << " steps " << steps << " shift " << dy
                                << "," << dx << " cell " << row << "," << column;
                        }
                        ++compared;
                        if (::testing::Test::HasFailure()) return compared;
                    }
                }
            }
        }
    }
    return compared;
}

TEST_P(DenseProperty, FineStrideInterleavesTheShiftedCoarseRuns) {
    const auto network = randomNetwork(GetParam(), false);
    const DenseGraph coarse = net::makeDense(network.graph, network.window_px);
    const std::int64_t side = network.window_px + 2 * coarse.stride_px.height + 1;
    const Tensor picture = randomPicture(GetParam() + 200, side, side + 3);
    ASSERT_GE(net::maxFineSteps(coarse), 1);
    for (int steps = 1; steps <= net::maxFineSteps(coarse); ++steps) {
        EXPECT_GT(compareWithShiftedRuns(coarse, steps, picture, true), 0);
    }
}

// With padding inside, a shifted run sees zeros where the fine run sees the picture, so only cells
// away from the border agree; the run without a shift agrees everywhere.
TEST_P(DenseProperty, FineStrideOfPaddedNetworksAgreesAwayFromTheBorder) {
    const auto network = randomNetwork(GetParam(), true);
    const DenseGraph coarse = net::makeDense(network.graph, network.window_px);
    ASSERT_EQ(coarse.report.fidelity, DenseFidelity::kApproximate);
    const auto field = net::receptiveField(coarse.graph, coarse.graph.outputs[0]);
    const std::int64_t side = field.field_px.height + 3 * coarse.stride_px.height;
    const Tensor picture = randomPicture(GetParam() + 300, side, side);
    ASSERT_GE(net::maxFineSteps(coarse), 1);
    const int compared = compareWithShiftedRuns(coarse, 1, picture, false);
    const Tensor coarse_map = run(coarse.graph, picture)[0];
    const int unshifted = 2 * static_cast<int>(coarse_map.shape()[2] * coarse_map.shape()[3]);
    EXPECT_GT(compared, unshifted) << "no shifted cell was compared";
}

// Whether the boxes of cell (1, 1) change when a row or a column of the picture does.
bool cellSees(const net::Graph& graph, const Tensor& picture, const Tensor& before,
              std::int64_t line, bool is_row) {
    Tensor changed = picture;
    const Shape& shape = picture.shape();
    for (std::int64_t c = 0; c < 3; ++c) {
        for (std::int64_t i = 0; i < shape[is_row ? 3 : 2]; ++i) {
            const std::int64_t y = is_row ? line : i;
            const std::int64_t x = is_row ? i : line;
            changed.values()[static_cast<std::size_t>((c * shape[2] + y) * shape[3] + x)] +=
                (i + c) % 2 == 0 ? 3.0F : -3.0F;
        }
    }
    const Tensor after = run(graph, changed)[1];
    for (std::int64_t c = 0; c < before.shape()[1]; ++c) {
        if (at(after, c, 1, 1) != at(before, c, 1, 1)) return true;
    }
    return false;
}

// The geometry by experiment: a cell depends on the pixels of its receptive field, up to the last
// row and column, and on no other. The field starts where the window starts and is not larger.
TEST_P(DenseProperty, ACellSeesItsReceptiveFieldAndNothingElse) {
    const auto network = randomNetwork(GetParam(), false);
    const DenseGraph dense = net::makeDense(network.graph, network.window_px);
    const auto field = net::receptiveField(dense.graph, dense.graph.outputs[1]);
    EXPECT_EQ(field.jump_px, dense.stride_px);
    EXPECT_DOUBLE_EQ(field.first_centre_y_px, static_cast<double>(field.field_px.height) / 2);
    EXPECT_DOUBLE_EQ(field.first_centre_x_px, static_cast<double>(field.field_px.width) / 2);
    EXPECT_LE(field.field_px.height, network.window_px);
    EXPECT_GT(field.field_px.height, network.window_px - dense.stride_px.height);

    const std::int64_t side = network.window_px + 3 * dense.stride_px.height;
    const Tensor picture = randomPicture(GetParam() + 400, side, side);
    const Tensor before = run(dense.graph, picture)[1];
    for (const bool is_row : {true, false}) {
        const std::int64_t first = is_row ? dense.stride_px.height : dense.stride_px.width;
        const std::int64_t size = is_row ? field.field_px.height : field.field_px.width;
        EXPECT_FALSE(cellSees(dense.graph, picture, before, first - 1, is_row));
        EXPECT_TRUE(cellSees(dense.graph, picture, before, first, is_row));
        EXPECT_TRUE(cellSees(dense.graph, picture, before, first + size - 1, is_row));
        EXPECT_FALSE(cellSees(dense.graph, picture, before, first + size, is_row));
    }
}

TEST_P(DenseProperty, FusingChangesNoNumber) {
    for (const bool padded : {false, true}) {
        const auto network = randomNetwork(GetParam(), padded);
        const net::Graph fused = net::fuse(network.graph);
        validate(fused);
        EXPECT_LT(fused.nodes.size(), network.graph.nodes.size());
        const Tensor picture = randomPicture(GetParam(), network.window_px, network.window_px);
        const auto expected = run(network.graph, picture);
        const auto actual = run(fused, picture);
        ASSERT_EQ(actual.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            ASSERT_EQ(actual[i].shape(), expected[i].shape());
            for (std::size_t j = 0; j < expected[i].values().size(); ++j) {
                const float value = expected[i].values()[j];
                ASSERT_NEAR(actual[i].values()[j], value, kTolerance * (1 + std::abs(value)));
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(RandomNetworks, DenseProperty, ::testing::Range(1U, 13U));

}  // namespace
}  // namespace overfeat
