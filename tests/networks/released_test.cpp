// SPDX-License-Identifier: Apache-2.0
//
// The networks of the OverFeat release, from files of their real size, against a second
// implementation (released.h).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/backend/registry.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"
#include "tests/networks/released.h"
#include "tests/support/temporary_folder.h"

namespace overfeat {
namespace {

using released::Map;
using released::Size;

// Pixels of 0..255 with shapes in them, other ones in each colour.
Map picture(std::int64_t height, std::int64_t width) {
    Map made{3, height, width, {}};
    for (std::int64_t c = 0; c < 3; ++c) {
        for (std::int64_t y = 0; y < height; ++y) {
            for (std::int64_t x = 0; x < width; ++x) {
                const std::int64_t waves = (x * (c + 2) + y * 3) / 7 + (x * y) / (40 + c);
                made.values.push_back(static_cast<float>(waves * 37 % 256));
            }
        }
    }
    return made;
}

Map cut(const Map& from, std::int64_t top, std::int64_t left, std::int64_t side) {
    Map part{from.channels, side, side, {}};
    for (std::int64_t c = 0; c < from.channels; ++c) {
        for (std::int64_t y = 0; y < side; ++y) {
            const auto row = from.values.begin() + (c * from.height + top + y) * from.width + left;
            part.values.insert(part.values.end(), row, row + side);
        }
    }
    return part;
}

std::unique_ptr<backend::Plan> planFor(const net::Graph& graph, const Map& picture) {
    return backend::chooseBackend("cpu", graph)
        .backend->compile(graph, {1, 3, picture.height, picture.width}, {});
}

// As the recogniser does before it shows pictures to a network.
void show(const Map& picture, const net::Model& model, backend::Plan& plan) {
    std::ranges::transform(picture.values, plan.input().begin(), [&](float pixel) {
        return (pixel - model.normalisation.mean[0]) / model.normalisation.std[0];
    });
    plan.run();
}

// The largest difference as a part of the largest number.
double difference(std::span<const float> ours, std::span<const float> theirs) {
    double most = 0;
    double apart = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
        most = std::max(most, std::abs(static_cast<double>(theirs[i])));
        apart = std::max(apart, std::abs(static_cast<double>(ours[i]) - theirs[i]));
    }
    return apart / most;
}

void expectSame(const backend::Plan& plan, std::size_t output, const Map& expected,
                const std::string& what) {
    const Shape shape{1, expected.channels, expected.height, expected.width};
    ASSERT_EQ(plan.outputShape(output), shape) << what;
    const double apart = difference(plan.output(output), expected.values);
    EXPECT_LT(apart, 1e-4) << what;
    std::cout << what << ": " << shape.toString() << ", " << apart << "\n";
}

class Released : public ::testing::TestWithParam<Size> {
protected:
    std::shared_ptr<const net::Model> made(const released::MakerOptions& options) {
        file_ = folder_.path() / (GetParam() == Size::kSmall ? "net_weight_0" : "net_weight_1");
        released::makeWeights(GetParam(), file_, options);
        EXPECT_EQ(std::filesystem::file_size(file_),
                  static_cast<std::uintmax_t>(released::lengthOf(GetParam())) * sizeof(float));
        return net::loadModel(file_);
    }

    test::TemporaryFolder folder_;
    std::filesystem::path file_;
};

TEST_P(Released, EveryLayerIsThatOfASecondImplementation) {
    const auto model = made({.seed = 7});
    const int side = released::windowOf(GetParam());
    ASSERT_EQ(model->window_px, side);
    const int stride = released::strideOf(GetParam());
    // Neither square nor a whole number of strides larger than a window.
    const Map shown = picture(side + stride + 5, side + 2 * stride + 3);
    released::Network network(GetParam(), file_);
    const std::map<int, Map> expected = network.run(shown);
    ASSERT_EQ(std::to_string(expected.rbegin()->first), model->scores);

    std::vector<std::string> layers;
    for (const auto& entry : expected)
        layers.push_back(std::to_string(entry.first));
    const auto all = planFor(net::withOutputs(model->graph, layers), shown);
    show(shown, *model, *all);
    for (std::size_t i = 0; i < layers.size(); ++i)
        expectSame(*all, i, expected.at(static_cast<int>(i)), "layer " + layers[i]);

    // Fused and sliding, as a picture is looked at.
    const net::DenseGraph dense =
        net::makeDense(net::fuse(net::withOutputs(model->graph, {model->scores})), side);
    EXPECT_EQ(dense.report.fidelity, net::DenseFidelity::kApproximate);
    EXPECT_EQ(dense.stride_px, (net::Extent2{stride, stride}));
    const auto coarse = planFor(dense.graph, shown);
    show(shown, *model, *coarse);
    expectSame(*coarse, 0, expected.rbegin()->second, "dense");
    EXPECT_EQ(coarse->outputShape(0)[2], 2);
    EXPECT_EQ(coarse->outputShape(0)[3], 3);

    const net::DenseGraph refined = net::refineStride(dense, 1);
    EXPECT_EQ(refined.stride_px.width, GetParam() == Size::kSmall ? 16 : 12);
    const auto fine = planFor(refined.graph, shown);
    show(shown, *model, *fine);
    expectSame(*fine, 0, network.runFine(expected), "fine");
}

// The release's networks pad, so that a cell of the dense map sees more of the picture than the
// network run on its window. With kernels that never meet the padding both are the same, and that
// shows which window is which cell's.
TEST_P(Released, WindowsAreWhereTheReleaseSaysTheyAre) {
    const auto model = made({.seed = 8, .middles_only = true});
    const int side = model->window_px;
    const int stride = released::strideOf(GetParam());
    const Map shown = picture(side + stride, side + stride);
    const net::Graph window = net::fuse(net::withOutputs(model->graph, {model->scores}));
    const net::DenseGraph coarse = net::makeDense(window, side);
    const net::DenseGraph fine = net::refineStride(coarse, 1);
    std::unique_ptr<backend::Plan> alone;
    for (const net::DenseGraph* dense : {&coarse, &fine}) {
        const auto plan = planFor(dense->graph, shown);
        show(shown, *model, *plan);
        const Shape shape = plan->outputShape(0);
        ASSERT_EQ(shape[2], stride / dense->stride_px.height + 1);
        for (std::int64_t y = 0; y < shape[2]; ++y) {
            for (std::int64_t x = 0; x < shape[3]; ++x) {
                const Map part =
                    cut(shown, y * dense->stride_px.height, x * dense->stride_px.width, side);
                if (alone == nullptr) alone = planFor(window, part);
                show(part, *model, *alone);
                std::vector<float> cell;
                for (std::int64_t c = 0; c < shape[1]; ++c) {
                    cell.push_back(plan->output(
                        0)[static_cast<std::size_t>((c * shape[2] + y) * shape[3] + x)]);
                }
                EXPECT_LT(difference(cell, alone->output(0)), 1e-4) << y << ", " << x;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Released, ::testing::Values(Size::kSmall, Size::kLarge),
                         [](const auto& size) {
                             return size.param == Size::kSmall ? "Small" : "Large";
                         });

}  // namespace
}  // namespace overfeat
