// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/recogniser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/core/error.h"
#include "tests/engine/detect/pictures.h"
#include "tests/support/tiny_model.h"

namespace overfeat::detect {
namespace {

using test::colourModel;
using test::painted;
using test::plain;
using test::Rgb;
using test::TinyModel;

constexpr Rgb kRed{255, 0, 0};
constexpr Rgb kBlue{0, 0, 255};
constexpr int kWindow = 8;
constexpr float kGain = 3;

const Placement kReference{.device = "reference"};

Look with(Views views) {
    return {.views = views};
}

// One level, on which frames of the given shorter side keep their size.
Look denseAt(int shorter_side) {
    Look options = with(Views::kDense);
    options.scale_count = 1;
    options.smallest_side_windows = static_cast<double>(shorter_side) / kWindow;
    options.largest_side_windows = options.smallest_side_windows;
    return options;
}

// The softmax of gain * (r, g, b), for colourModel.
std::array<double, 3> colourScores(double r, double g, double b) {
    const std::array<double, 3> raised{std::exp(kGain * r), std::exp(kGain * g),
                                       std::exp(kGain * b)};
    const double sum = raised[0] + raised[1] + raised[2];
    return {raised[0] / sum, raised[1] / sum, raised[2] / sum};
}

// Red up to column `edge`, blue from there on.
Image redThenBlue(SizePx size, int edge) {
    return painted(size, [edge](int x, int) { return x < edge ? kRed : kBlue; });
}

TEST(Recogniser, SeesRedAsRedAndBlueAsBlueInAllViews) {
    for (const Views views : {Views::kCentre, Views::kTen, Views::kDense}) {
        Recogniser recogniser({colourModel(kWindow, kGain)}, kReference);
        const auto red = recogniser.recognise(plain({40, 30}, kRed), with(views));
        const auto blue = recogniser.recognise(plain({40, 30}, kBlue), with(views));
        const auto expected = colourScores(1, 0, 0);
        for (std::size_t k = 0; k < 3; ++k) {
            EXPECT_NEAR(red.scores[k], expected[k], 1e-5);
            EXPECT_NEAR(blue.scores[2 - k], expected[k], 1e-5);
        }
        EXPECT_EQ((*red.labels)[topClasses(red.scores, *red.labels, 1)[0].index].label, "red");
        EXPECT_EQ((*blue.labels)[topClasses(blue.scores, *blue.labels, 1)[0].index].label, "blue");
    }
}

TEST(Recogniser, CentreViewIgnoresTheSides) {
    Recogniser recogniser({colourModel(kWindow, kGain)}, kReference);
    // The middle 16 of 48 columns: 4 of them red.
    const auto seen = recogniser.recognise(redThenBlue({48, 16}, 20), with(Views::kCentre));
    const auto expected = colourScores(0.25, 0, 0.75);
    for (std::size_t k = 0; k < 3; ++k)
        EXPECT_NEAR(seen.scores[k], expected[k], 1e-5);
    EXPECT_TRUE(seen.scales.empty());
    EXPECT_EQ(seen.frame_size, (SizePx{48, 16}));
    EXPECT_FALSE(seen.device.empty());
}

TEST(Recogniser, TenViewsAreAveragedProbabilities) {
    Recogniser recogniser({colourModel(kWindow, kGain)}, kReference);
    // Views of 14 px in a picture of 28 x 16: columns 0..13, 14..27 and 7..20. All but column 0..6
    // is blue, so the views hold 1/2 red (twice), none (twice) and none; mirrors are the same.
    const auto seen = recogniser.recognise(redThenBlue({28, 16}, 7), with(Views::kTen));
    const auto half = colourScores(0.5, 0, 0.5);
    const auto none = colourScores(0, 0, 1);
    for (std::size_t k = 0; k < 3; ++k)
        EXPECT_NEAR(seen.scores[k], (2 * half[k] + 3 * none[k]) / 5, 1e-3);
}

// colourModel(), but for the scores under a shape that holds one picture.
std::shared_ptr<const net::Model> forOnePicture() {
    TinyModel tiny(kWindow);
    const net::ValueId mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
    net::Graph& graph = tiny.model().graph;
    const net::ValueId written = graph.addValue("written");
    graph.nodes.push_back({"reshape", net::Reshape{Shape{1, 3}}, {mean}, written});
    return tiny.finish(tiny.gemm(written, 3, {kGain, 0, 0, 0, kGain, 0, 0, 0, kGain}, {0, 0, 0}));
}

// Exporters write a batch of one down where nothing says that it is the batch.
TEST(Recogniser, TenViewsOfANetworkForOnePictureAreShownOneByOne) {
    Recogniser ten({colourModel(kWindow, kGain)}, kReference);
    Recogniser one({forOnePicture()}, kReference);
    const Image picture = redThenBlue({28, 16}, 7);
    const auto expected = ten.recognise(picture, with(Views::kTen));
    const auto seen = one.recognise(picture, with(Views::kTen));
    ASSERT_EQ(seen.scores.size(), 3U);
    for (std::size_t k = 0; k < 3; ++k)
        EXPECT_NEAR(seen.scores[k], expected.scores[k], 1e-6);
}

TEST(Recogniser, DenseMapIsTheNetworkAtEveryWindow) {
    Recogniser recogniser({colourModel(kWindow, kGain)}, kReference);
    const auto seen = recogniser.recognise(redThenBlue({24, 16}, 10), denseAt(16));
    ASSERT_EQ(seen.scales.size(), 1U);
    const ScoreMap& map = seen.scales[0];
    ASSERT_EQ(map.columns(), 24 - kWindow + 1);
    ASSERT_EQ(map.rows(), 16 - kWindow + 1);
    double most_red = 0;
    for (int row = 0; row < map.rows(); ++row) {
        for (int column = 0; column < map.columns(); ++column) {
            EXPECT_EQ(
                map.windowAt({row, column}),
                (RectPx{static_cast<double>(column), static_cast<double>(row), kWindow, kWindow}));
            const double red = std::clamp(10 - column, 0, kWindow) / static_cast<double>(kWindow);
            const auto expected = colourScores(red, 0, 1 - red);
            for (std::size_t k = 0; k < 3; ++k)
                EXPECT_NEAR(map.score(k, {row, column}), expected[k], 1e-5);
            most_red = std::max(most_red, expected[0]);
        }
    }
    EXPECT_NEAR(seen.scores[0], most_red, 1e-5) << "the spatial maximum";
}

TEST(Recogniser, DenseScoreIsTheMeanOverScalesOfTheSpatialMaximum) {
    Look options = with(Views::kDense);
    options.scale_count = 3;
    options.smallest_side_windows = 1;
    options.largest_side_windows = 3;
    Recogniser recogniser({colourModel(kWindow, kGain)}, kReference);
    const auto seen = recogniser.recognise(redThenBlue({60, 45}, 23), options);
    ASSERT_EQ(seen.scales.size(), 3U);
    for (std::size_t k = 0; k < 3; ++k) {
        double mean = 0;
        for (const ScoreMap& scale : seen.scales)
            mean += scale.spatialMax(k) / 3.0;
        EXPECT_NEAR(seen.scores[k], mean, 1e-6);
        EXPECT_GE(seen.scores[k], 0);
        EXPECT_LE(seen.scores[k], 1);
    }
    EXPECT_LT(seen.scales[0].cellCount(), seen.scales[1].cellCount()) << "largest windows first";
}

TEST(Recogniser, WindowsCoverTheFrameFromEdgeToEdge) {
    Look options = with(Views::kDense);
    Recogniser recogniser({colourModel(kWindow, kGain)}, kReference);
    for (const SizePx size : {SizePx{61, 47}, SizePx{47, 61}, SizePx{200, 33}, SizePx{1, 1},
                              SizePx{1, 300}, SizePx{3, 1}}) {
        const auto seen = recogniser.recognise(plain(size, kRed), options);
        ASSERT_FALSE(seen.scales.empty());
        for (const ScoreMap& map : seen.scales) {
            const RectPx first = map.windowAt({0, 0});
            const RectPx last = map.windowAt({map.rows() - 1, map.columns() - 1});
            EXPECT_NEAR(first.x, 0, 1e-9);
            EXPECT_NEAR(first.y, 0, 1e-9);
            EXPECT_NEAR(last.right(), size.width, 1e-6);
            EXPECT_NEAR(last.bottom(), size.height, 1e-6);
        }
        EXPECT_NEAR(seen.scores[0], colourScores(1, 0, 0)[0], 1e-5);
    }
}

TEST(Recogniser, FlipAveragesTheMirrorImageBackInPlace) {
    // A network that knows left from right: class 0 is "the left half of the window is red".
    TinyModel tiny(kWindow);
    std::vector<float> weight(3UL * kWindow * kWindow * 2, 0.0F);
    for (std::size_t y = 0; y < kWindow; ++y) {
        for (std::size_t x = 0; x < kWindow / 2; ++x)
            weight[y * kWindow + x] = 0.1F;
    }
    const auto model = tiny.finish(tiny.gemm(tiny.flatten(tiny.input()), 2, weight, {0, 0}));
    Look options = denseAt(16);
    const Image image = redThenBlue({24, 16}, 10);
    const Image mirror = painted({24, 16}, [](int x, int) { return 23 - x < 10 ? kRed : kBlue; });
    Recogniser once({model}, kReference);
    const auto straight = once.recognise(image, options);
    const auto mirrored = once.recognise(mirror, options);
    options.flip = true;
    Recogniser both({model}, kReference);
    const auto seen = both.recognise(image, options);
    const ScoreMap& map = seen.scales[0];
    for (int row = 0; row < map.rows(); ++row) {
        for (int column = 0; column < map.columns(); ++column) {
            const CellIndex cell{row, column};
            const CellIndex reflected{row, map.columns() - 1 - column};
            EXPECT_NEAR(
                map.score(0, cell),
                (straight.scales[0].score(0, cell) + mirrored.scales[0].score(0, reflected)) / 2,
                1e-6);
        }
    }
    EXPECT_NEAR(seen.scores[0], (straight.scores[0] + mirrored.scores[0]) / 2, 1e-6)
        << "maxima first, then the mean";
}

// Answers "pattern" against "background" and a box: the template is a white cross on black, looked
// for after a pooling by two, so that there is one step of fine stride.
std::shared_ptr<const net::Model> crossModel() {
    TinyModel tiny(kWindow);
    constexpr std::size_t kPooled = kWindow / 2;
    std::vector<float> weight(2 * 3 * kPooled * kPooled, 0.0F);
    for (std::size_t channel = 0; channel < 3; ++channel) {
        for (std::size_t y = 0; y < kPooled; ++y) {
            for (std::size_t x = 0; x < kPooled; ++x) {
                const bool cross = x == 1 || y == 2;
                weight[(channel * kPooled + y) * kPooled + x] = cross ? 2.0F : -2.0F;
            }
        }
    }
    const auto flat = tiny.flatten(tiny.maxPool(tiny.input(), 2, 2));
    const auto scores = tiny.gemm(flat, 2, weight, {-30, 0});
    const std::vector<float> no_weight(4 * 3 * kPooled * kPooled, 0.0F);
    const auto boxes = tiny.gemm(flat, 4, no_weight, {0.25F, 0, 1.5F, 0.75F});
    tiny.model().labels =
        std::make_shared<const LabelSet>(LabelSet({{"p", "pattern"}, {"b", "background"}}, 1));
    return tiny.finish(scores, boxes, flat);
}

// The cross of crossModel with its upper left corner at (left, top).
Image crossAt(SizePx size, int left, int top) {
    return painted(size, [=](int x, int y) {
        const int column = (x - left) / 2;
        const int row = (y - top) / 2;
        const bool inside = x >= left && x < left + kWindow && y >= top && y < top + kWindow;
        return inside && (column == 1 || row == 2) ? Rgb{255, 255, 255} : Rgb{0, 0, 0};
    });
}

TEST(Recogniser, HeatMapPeaksWhereThePatternIs) {
    Recogniser recogniser({crossModel()}, kReference);
    const auto seen = recogniser.recognise(crossAt({48, 32}, 20, 12), denseAt(32));
    ASSERT_EQ(seen.scales.size(), 1U);
    const HeatMap heat = heatMap(seen.scales, 0, seen.frame_size, 1);
    const auto peak = std::ranges::max_element(heat.values) - heat.values.begin();
    EXPECT_NEAR(static_cast<double>(peak % heat.size.width) + 0.5, 24, 0.5 + 1e-9);
    EXPECT_NEAR(static_cast<double>(peak / heat.size.width) + 0.5, 16, 0.5 + 1e-9);
    EXPECT_GT(seen.scores[0], 0.9);

    const auto nothing = recogniser.recognise(plain({48, 32}, {0, 0, 0}), denseAt(32));
    EXPECT_LT(nothing.scores[0], 0.01) << "where all windows say background, objects score low";
    EXPECT_GT(nothing.scores[1], 0.9);
}

TEST(Recogniser, BoxesAreInFrameCoordinates) {
    Look options = denseAt(16);
    for (const bool flip : {false, true}) {
        options.flip = flip;
        Recogniser recogniser({crossModel()}, kReference);
        // Twice the level's size: one window is 16 px of the frame.
        const auto seen = recogniser.recognise(crossAt({48, 32}, 0, 0), options);
        const ScoreMap& map = seen.scales[0];
        ASSERT_TRUE(map.hasBoxes());
        const CellIndex cell{1, 3};
        const RectPx window = map.windowAt(cell);
        EXPECT_EQ(window, (RectPx{3 * 2 * 2, 1 * 2 * 2, 16, 16}));
        const RectPx box = *map.boxAt(cell, 0);
        // x from 0.25 to 1.5 of the window; averaged with its mirror image, -0.5 to 0.75.
        EXPECT_NEAR(box.x, window.x + (flip ? -0.125 : 0.25) * 16, 1e-4);
        EXPECT_NEAR(box.width, 1.25 * 16, 1e-4);
        EXPECT_NEAR(box.y, window.y, 1e-4);
        EXPECT_NEAR(box.height, 0.75 * 16, 1e-4);
    }
}

TEST(Recogniser, FineStrideAddsWindowsAndMovesNone) {
    Look options = denseAt(32);
    Recogniser recogniser({crossModel()}, kReference);
    EXPECT_EQ(recogniser.info().fine_steps_available, 1);
    const Image image = crossAt({48, 32}, 21, 13);  // between the coarse windows
    const auto coarse = recogniser.recognise(image, options);
    options.fine_steps = 7;  // more than there are: all of them
    const auto fine = recogniser.recognise(image, options);
    const ScoreMap& a = coarse.scales[0];
    const ScoreMap& b = fine.scales[0];
    EXPECT_EQ(b.columns(), 2 * a.columns() - 1);
    EXPECT_EQ(b.rows(), 2 * a.rows() - 1);
    for (int row = 0; row < a.rows(); ++row) {
        for (int column = 0; column < a.columns(); ++column) {
            const CellIndex same{2 * row, 2 * column};
            EXPECT_EQ(a.windowAt({row, column}), b.windowAt(same));
            EXPECT_NEAR(a.score(0, {row, column}), b.score(0, same), 1e-6);
        }
    }
    EXPECT_EQ(b.windowAt({13, 21}), (RectPx{21, 13, kWindow, kWindow}));
    EXPECT_GT(b.score(0, {13, 21}), 0.9) << "found by a window between the coarse ones";
    EXPECT_GT(fine.scores[0], coarse.scores[0]);
}

TEST(Recogniser, PaddedNetworkKeepsItsWindowsInsideTheFrame) {
    // Zero padding makes the dense network approximate, and at a fine stride it computes cells
    // whose windows lie beyond the edge.
    TinyModel tiny(kWindow);
    const std::vector<float> weight(3UL * 3 * 3 * 3, 0.1F);
    const auto strided = tiny.conv(tiny.input(), 3, 3, 3, 2, weight, 1);
    const auto model = tiny.finish(tiny.flatten(tiny.globalAveragePool(strided)));
    Look options = denseAt(16);
    options.fine_steps = 1;
    options.flip = true;
    Recogniser recogniser({model}, kReference);
    EXPECT_EQ(recogniser.info().dense.fidelity, net::DenseFidelity::kApproximate);
    const auto seen = recogniser.recognise(plain({24, 16}, kRed), options);
    const ScoreMap& map = seen.scales[0];
    EXPECT_EQ(map.columns(), 24 - kWindow + 1);
    EXPECT_EQ(map.rows(), 16 - kWindow + 1);
    EXPECT_EQ(map.windowAt({map.rows() - 1, map.columns() - 1}),
              (RectPx{24 - kWindow, 16 - kWindow, kWindow, kWindow}));
}

}  // namespace
}  // namespace overfeat::detect
