// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "tests/engine/detect/pictures.h"
#include "tests/support/tiny_model.h"

namespace overfeat::detect {
namespace {

using test::painted;
using test::plain;
using test::Rgb;
using test::TinyModel;

const FeatureExtractor::Options kReference{.device = "reference", .threads = 0};

// conv1 (1x1: r - g, g - b) -> relu2 -> mean3 -> flat4 = features -> gemm5 = scores
std::shared_ptr<const net::Model> layeredModel(bool with_features = true) {
    TinyModel tiny(4);
    const auto conv = tiny.conv(tiny.input(), 2, 3, 1, 1, {1, -1, 0, 0, 1, -1});
    const auto features = tiny.flatten(tiny.globalAveragePool(tiny.relu(conv)));
    const auto scores = tiny.gemm(features, 2, {5, 0, 0, 5}, {1, -1});
    return with_features ? tiny.finish(scores, {}, features) : tiny.finish(scores);
}

TEST(Features, TheEmbeddingIsTheDefault) {
    FeatureExtractor extractor(layeredModel(), "", kReference);
    EXPECT_EQ(extractor.layer(), "flat4");
    const Tensor features = extractor.extract(plain({9, 7}, {255, 51, 102}));
    EXPECT_EQ(features.shape(), (Shape{1, 2}));
    EXPECT_NEAR(features.values()[0], 0.8, 1e-6);
    EXPECT_NEAR(features.values()[1], 0, 1e-6);
}

TEST(Features, AnyLayerByItsNameBeforeWhatFollowsIt) {
    // The left half of the centre square red, the right half blue.
    const Image image = painted({16, 8}, [](int x, int) {
        return x < 8 ? Rgb{255, 0, 0} : Rgb{0, 0, 255};
    });
    FeatureExtractor conv(layeredModel(), "conv1", kReference);
    const Tensor map = conv.extract(image);
    ASSERT_EQ(map.shape(), (Shape{1, 2, 4, 4}));
    // Halved, a pixel beside the edge is an eighth of what is beyond it; pixels are whole bytes.
    constexpr double kRed[] = {1, 0.875, 0.125, 0};
    for (std::size_t i = 0; i < 16; ++i) {
        EXPECT_NEAR(map.values()[i], kRed[i % 4], 0.5 / 255);
        EXPECT_NEAR(map.values()[16 + i], kRed[i % 4] - 1, 0.5 / 255)
            << "negative: before the ReLU";
    }
    FeatureExtractor relu(layeredModel(), "relu2", kReference);
    const Tensor rectified = relu.extract(image);
    EXPECT_NEAR(rectified.values()[31], 0, 1e-6);
    FeatureExtractor scores(layeredModel(), "gemm5", kReference);
    const Tensor logits = scores.extract(image);
    EXPECT_NEAR(logits.values()[0], 5 * 0.5 + 1, 1e-5);
}

TEST(Features, LaterCallsDoNotChangeEarlierResults) {
    FeatureExtractor extractor(layeredModel(), "", kReference);
    const Tensor first = extractor.extract(plain({4, 4}, {255, 0, 0}));
    const Tensor second = extractor.extract(plain({4, 4}, {0, 255, 0}));
    EXPECT_NEAR(first.values()[0], 1, 1e-6);
    EXPECT_NEAR(second.values()[0], 0, 1e-6);
    EXPECT_NEAR(second.values()[1], 1, 1e-6);
}

TEST(Features, TheSameIntoTheCallersMemory) {
    FeatureExtractor extractor(layeredModel(), "conv1", kReference);
    ASSERT_EQ(extractor.shape(), (Shape{1, 2, 4, 4}));
    const Image image = plain({4, 4}, {255, 0, 0});
    const Tensor expected = extractor.extract(image);
    std::vector<float> values(32, -7);
    extractor.extractInto(image, values);
    EXPECT_TRUE(std::ranges::equal(values, expected.values()));
    EXPECT_THROW(extractor.extractInto(image, std::span(values).first(31)), Error);
    std::stop_source stop;
    stop.request_stop();
    try {
        extractor.extractInto(image, values, stop.get_token());
        ADD_FAILURE() << "was not stopped";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCancelled);
    }
}

TEST(Features, RefusalsAreSentences) {
    const auto codeOf = [](const auto& action) {
        try {
            action();
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::kRuntime;
    };
    EXPECT_EQ(codeOf([] { FeatureExtractor(layeredModel(), "conv9", kReference); }),
              ErrorCode::kUsage);
    EXPECT_EQ(codeOf([] { FeatureExtractor(layeredModel(false), "", kReference); }),
              ErrorCode::kUsage);
    EXPECT_EQ(codeOf([] { FeatureExtractor(nullptr, "", kReference); }), ErrorCode::kUsage);
    FeatureExtractor extractor(layeredModel(), "", kReference);
    EXPECT_EQ(codeOf([&] { extractor.extract(Image()); }), ErrorCode::kInput);

    TinyModel tiny(4);
    const float inf = std::numeric_limits<float>::infinity();
    const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
    const auto scores = tiny.gemm(mean, 1, {0, 0, 0}, {inf});
    FeatureExtractor damaged(tiny.finish(scores), "gemm3", kReference);
    EXPECT_EQ(codeOf([&] { damaged.extract(plain({4, 4}, {1, 2, 3})); }), ErrorCode::kModel);
}

}  // namespace
}  // namespace overfeat::detect
