// SPDX-License-Identifier: Apache-2.0
//
// Windows that show no object have less of a vote, with networks whose heads there are.
#include "engine/detect/objectness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/backend/registry.h"
#include "engine/detect/evidence_boxes.h"
#include "engine/detect/level_result.h"
#include "engine/detect/network.h"
#include "engine/detect/proposals.h"
#include "engine/detect/recogniser.h"
#include "tests/engine/detect/pictures.h"
#include "tests/support/tiny_model.h"

namespace overfeat::detect {
namespace {

using test::painted;
using test::TinyModel;

constexpr int kWindowPx = 56;
constexpr int kCellPx = 8;  // 7x7 cells to a window
constexpr SizePx kLevel{104, 88};

// Two channels, the mean red and the mean green of a cell, and two classes of their means.
std::shared_ptr<const net::Model> redAndGreen() {
    TinyModel tiny(kWindowPx);
    constexpr std::ptrdiff_t kPixels = std::ptrdiff_t{kCellPx} * kCellPx;
    std::vector<float> means(6 * kPixels, 0.0F);
    std::fill_n(means.begin(), kPixels, 1.0F / kPixels);
    std::fill_n(means.begin() + 4 * kPixels, kPixels, 1.0F / kPixels);
    const auto cells = tiny.relu(tiny.conv(tiny.input(), 2, 3, kCellPx, kCellPx, means));
    return tiny.finish(
        tiny.gemm(tiny.flatten(tiny.globalAveragePool(cells)), 2, {4, 0, 0, 4}, {0, 0}));
}

// What a picture's cells have of red and green, as the network sees them.
Image patchwork() {
    return painted(kLevel, [](int x, int y) {
        const int cell = 7 * (x / kCellPx) + 13 * (y / kCellPx);
        return test::Rgb{(29 * cell) % 256, (53 * cell) % 256, 0};
    });
}

// The result of one level with such a head.
LevelResult seenWith(const std::shared_ptr<const Objectness>& objectness, int fine_steps) {
    Network network(redAndGreen());
    const auto dense = network.denseGraph(fine_steps);
    const backend::Backend& reference = *backend::chooseBackend("reference", dense->graph).backend;
    const auto plan =
        reference.compile(dense->graph, {1, 3, kLevel.height, kLevel.width}, {.threads = 1});
    Resampler resampler(1);
    const Image picture = patchwork();
    resampler.begin(picture, {});
    resampler.write(kLevel, network.normaliser(), false, plan->input());
    plan->run(std::stop_token());
    const auto head = reference.compile(*EvidenceBoxes::head(), EvidenceBoxes::headInput(), {});

    EvidenceSource source = network.evidence(fine_steps);
    source.objectness = objectness;
    LevelResult result;
    const int step = static_cast<int>(dense->stride_px.width);
    result.cells = {1 + (kLevel.width - kWindowPx) / step, 1 + (kLevel.height - kWindowPx) / step};
    result.first_window_px = {0, 0, kWindowPx, kWindowPx};
    result.step_x_px = result.step_y_px = step;
    result.probabilities.assign(2 * result.cellCount(), 0.5F);
    EvidenceBoxes(1).propose(source, *network.model().labels, *plan, *head, result);
    return result;
}

// By hand: the picture's own pixels, window by window.
TEST(Objectness, IsTheLogisticFunctionOfTheMeanOverTheWindow) {
    const Objectness head{.weights = {3.0F, -2.0F}, .bias = 0.25F};
    const Image picture = patchwork();
    for (const int fine_steps : {0, 1}) {
        const LevelResult result = seenWith(std::make_shared<const Objectness>(head), fine_steps);
        ASSERT_EQ(result.boxes.weights.size(), result.cellCount());
        auto weight = result.boxes.weights.begin();
        for (int row = 0; row < result.cells.height; ++row) {
            for (int column = 0; column < result.cells.width; ++column) {
                double red = 0;
                double green = 0;
                const RectPx window = result.windowAt(row, column);
                for (int y = 0; y < kWindowPx; ++y) {
                    const std::uint8_t* pixel = picture.row(static_cast<int>(window.y) + y) +
                                                3 * static_cast<std::ptrdiff_t>(window.x);
                    for (int x = 0; x < kWindowPx; ++x, pixel += 3) {
                        red += pixel[0];
                        green += pixel[1];
                    }
                }
                const double mean = (3 * red - 2 * green) / (255.0 * kWindowPx * kWindowPx) + 0.25;
                EXPECT_NEAR(*weight++, 1 / (1 + std::exp(-mean)), 1e-4)
                    << fine_steps << ": " << row << ", " << column;
            }
        }
    }
}

TEST(Objectness, MovesNoBox) {
    const auto head = std::make_shared<const Objectness>(Objectness{{5.0F, -5.0F}, -1});
    const LevelResult with = seenWith(head, 0);
    const LevelResult without = seenWith(nullptr, 0);
    EXPECT_TRUE(without.boxes.weights.empty());
    EXPECT_EQ(with.boxes.px, without.boxes.px);
    EXPECT_EQ(with.probabilities, without.probabilities) << "the scores are the classifier's";
}

// One window after the other votes with its share of what it gives the class.
TEST(Objectness, IsWhatVotesAreMultipliedBy) {
    Recognition seen;
    seen.frame_size = {96, 64};
    seen.labels = std::make_shared<LabelSet>(std::vector<ClassLabel>{{"", "cat"}}, std::nullopt);
    const std::vector<float> weights{1.0F, 0.5F, 0.0F};
    seen.scales.emplace_back(SizePx{3, 1}, 1, RectPx{0, 0, 64, 64}, 16, 16,
                             std::vector<float>{0.5F, 0.8F, 0.9F},
                             WindowBoxes{.px = std::vector<RectPx>(3, RectPx{20, 10, 40, 40}),
                                         .classes = {},
                                         .weights = weights});
    std::vector<RawBox> boxes = proposals(seen, {});
    std::ranges::sort(boxes, {}, [](const RawBox& box) { return box.cell.column; });
    ASSERT_EQ(boxes.size(), 3U);
    EXPECT_FLOAT_EQ(boxes[0].score, 0.5F);
    EXPECT_FLOAT_EQ(boxes[1].score, 0.4F);
    EXPECT_FLOAT_EQ(boxes[2].score, 0.0F);
    EXPECT_FLOAT_EQ(seen.scales[0].score(0, {0, 2}), 0.9F) << "the heat map is the classifier's";
}

// Trained on the features of one network, it says nothing about those of others.
TEST(Objectness, IsKnownOfItsOwnNetworkOnly) {
    const auto model = redAndGreen();
    EXPECT_EQ(objectnessOf(model->graph, 2), nullptr);
    EXPECT_EQ(objectnessOf(model->graph, 1280), nullptr) << "as many channels, other weights";
    EXPECT_FALSE(Recogniser({model}, {}).info().has_objectness);
}

TEST(Objectness, NamesNetworksByTheirWeights) {
    TinyModel other(kWindowPx);
    const auto changed = other.finish(other.gemm(
        other.flatten(other.globalAveragePool(other.input())), 2, {1, 0, 0, 0, 1, 0}, {0, 0}));
    EXPECT_EQ(trunkName(redAndGreen()->graph), trunkName(redAndGreen()->graph));
    EXPECT_NE(trunkName(redAndGreen()->graph), trunkName(changed->graph));
}

}  // namespace
}  // namespace overfeat::detect
