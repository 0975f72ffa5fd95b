// SPDX-License-Identifier: Apache-2.0
//
// Looking into a layer: Look::layer and what comes back in Recognition::layer.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/detect/features.h"
#include "engine/detect/recogniser.h"
#include "tests/engine/detect/pictures.h"
#include "tests/support/tiny_model.h"

namespace overfeat::detect {
namespace {

using test::painted;
using test::plain;
using test::Rgb;
using test::TinyModel;

const Placement kReference{.device = "reference"};

// conv1 (1x1: r - g, g - b) -> relu2 -> pool3 (2x2/2) -> mean4 -> flat5 -> gemm6 = scores
std::shared_ptr<const net::Model> layeredModel() {
    TinyModel tiny(4);
    const auto conv = tiny.conv(tiny.input(), 2, 3, 1, 1, {1, -1, 0, 0, 1, -1});
    const auto pooled = tiny.maxPool(tiny.relu(conv), 2, 2);
    const auto features = tiny.flatten(tiny.globalAveragePool(pooled));
    return tiny.finish(tiny.gemm(features, 2, {5, 0, 0, 5}, {1, -1}), {}, features);
}

// One level: the picture at its own size.
Look at(int shorter_side, const std::string& layer, std::size_t first_channel = 0) {
    const double windows = shorter_side / 4.0;
    return {.scale_count = 1,
            .smallest_side_windows = windows,
            .largest_side_windows = windows,
            .layer = LayerLook{.name = layer, .first_channel = first_channel}};
}

// Red in the two rightmost columns of the lower half, black elsewhere.
Image redCorner() {
    return painted({8, 8}, [](int x, int y) {
        return x >= 6 && y >= 4 ? Rgb{255, 0, 0} : Rgb{0, 0, 0};
    });
}

TEST(Layers, AreListedInTheOrderTheyRunWithTheNamesOfTheFile) {
    const auto model = layeredModel();
    const RecogniserInfo info = Recogniser({model}, kReference).info();
    ASSERT_GE(info.layers.size(), 4U);
    const auto named = [&](const std::string& name) {
        return std::ranges::find(info.layers, name, &LayerInfo::name);
    };
    const auto relu = named("relu2");
    ASSERT_NE(relu, info.layers.end()) << "the convolution ends in it: one layer, the later name";
    EXPECT_EQ(relu->op, "Conv 1x1");
    EXPECT_EQ(relu->shape, (Shape{1, 2, 4, 4}));
    EXPECT_NE(named("pool3"), info.layers.end());
    for (const LayerInfo& layer : info.layers)
        EXPECT_TRUE(model->graph.findValue(layer.name)) << layer.name;
    EXPECT_EQ(info.layers.back().name, model->scores);
}

TEST(Layers, EveryListedOneCanBeLookedIntoInTheCentreAndSaysWhatFeaturesSay) {
    const auto model = layeredModel();
    Recogniser recogniser({model}, kReference);
    const Image image = redCorner();
    for (const LayerInfo& layer : recogniser.info().layers) {
        Look look = at(8, layer.name);
        look.views = Views::kCentre;
        const auto seen = recogniser.recognise(image, look).layer;
        ASSERT_NE(seen, nullptr);
        EXPECT_EQ(seen->problem, "") << layer.name;
        FeatureExtractor extractor(model, layer.name, {.device = "reference", .threads = 0});
        const Tensor expected = extractor.extract(image);
        ASSERT_EQ(seen->values.size(), expected.values().size()) << layer.name;
        for (std::size_t i = 0; i < seen->values.size(); ++i)
            EXPECT_NEAR(seen->values[i], expected.values()[i], 1e-6) << layer.name << ' ' << i;
        EXPECT_EQ(seen->area(), (RectPx{0, 0, 8, 8})) << layer.name;
    }
}

TEST(Layers, CoverTheWholePictureWhereTheNetworkSlides) {
    Recogniser recogniser({layeredModel()}, kReference);
    const auto relu = recogniser.recognise(redCorner(), at(8, "relu2")).layer;
    ASSERT_EQ(relu->problem, "");
    EXPECT_EQ(relu->channels, 2U);
    EXPECT_EQ(relu->cells, (SizePx{8, 8}));
    EXPECT_EQ(relu->area(), (RectPx{0, 0, 8, 8}));
    for (int y = 0; y < 8; ++y) {
        for (int x = 0; x < 8; ++x) {
            EXPECT_NEAR(relu->plane(0)[static_cast<std::size_t>(8 * y + x)],
                        x >= 6 && y >= 4 ? 1 : 0, 1e-6)
                << x << ' ' << y;
        }
    }
    const auto pooled = recogniser.recognise(redCorner(), at(8, "pool3")).layer;
    ASSERT_EQ(pooled->problem, "");
    EXPECT_EQ(pooled->cells, (SizePx{4, 4}));
    EXPECT_EQ(pooled->first_cell_px, (RectPx{0, 0, 2, 2}));
    EXPECT_NEAR(pooled->plane(0)[4 * 2 + 3], 1, 1e-6) << "the corner's upper cell";
    EXPECT_NEAR(pooled->plane(0)[4 * 1 + 3], 0, 1e-6);
}

TEST(Layers, OnePageOfChannelsAtATime) {
    TinyModel tiny(4);
    constexpr std::int64_t kChannels = 150;
    std::vector<float> weight(kChannels * 3, 0);
    for (std::size_t i = 0; i < kChannels; ++i)
        weight[3 * i] = static_cast<float>(i);  // channel i says i times red
    const auto conv = tiny.conv(tiny.input(), kChannels, 3, 1, 1, weight);
    const auto features = tiny.flatten(tiny.globalAveragePool(conv));
    Recogniser recogniser(
        {tiny.finish(tiny.gemm(features, 2, std::vector<float>(2 * kChannels, 1), {1, -1}))},
        kReference);
    const Image red = plain({8, 8}, {255, 0, 0});
    const auto second = recogniser.recognise(red, at(8, "conv1", 64)).layer;
    EXPECT_EQ(second->channels, 150U);
    EXPECT_EQ(second->keptChannels(), LayerMaps::kMostChannels);
    EXPECT_TRUE(second->keeps(64) && second->keeps(127));
    EXPECT_FALSE(second->keeps(63) || second->keeps(128));
    EXPECT_NEAR(second->plane(100).front(), 100, 1e-3);
    const auto last = recogniser.recognise(red, at(8, "conv1", 128)).layer;
    EXPECT_EQ(last->keptChannels(), 22U);
    const auto beyond = recogniser.recognise(red, at(8, "conv1", 1'000'000)).layer;
    EXPECT_EQ(beyond->keptChannels(), 1U) << "another network may have fewer: the last one";
    EXPECT_EQ(beyond->first_channel, 149U);
}

TEST(Layers, FewerChannelsOfMapsThatAreLarge) {
    EXPECT_EQ(LayerMaps::channelsKept(7 * 7), LayerMaps::kMostChannels);
    EXPECT_EQ(LayerMaps::channelsKept(std::size_t{1} << 20), 2U);
    EXPECT_EQ(LayerMaps::channelsKept(std::size_t{1} << 30), 1U) << "one can always be seen";
}

TEST(Layers, OneThatIsNotThereIsSaidAndTheResultIsWhole) {
    Recogniser recogniser({layeredModel()}, kReference);
    for (int again = 0; again < 2; ++again) {
        const Recognition seen = recogniser.recognise(redCorner(), at(8, "relu3"));
        ASSERT_NE(seen.layer, nullptr);
        EXPECT_NE(seen.layer->problem.find("relu3"), std::string::npos) << seen.layer->problem;
        EXPECT_EQ(seen.layer->keptChannels(), 0U);
        EXPECT_EQ(seen.scores.size(), 2U);
        EXPECT_EQ(seen.scales.size(), 1U);
    }
    EXPECT_EQ(recogniser.recognise(redCorner(), at(8, "relu2")).layer->problem, "")
        << "what was refused is forgotten with it";
}

TEST(Layers, NothingIsToldUnasked) {
    Recogniser recogniser({layeredModel()}, kReference);
    Look look = at(8, "relu2");
    look.layer.reset();
    EXPECT_EQ(recogniser.recognise(redCorner(), look).layer, nullptr);
}

}  // namespace
}  // namespace overfeat::detect
