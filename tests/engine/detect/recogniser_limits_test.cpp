// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <stop_token>
#include <string>
#include <thread>

#include "engine/core/error.h"
#include "engine/detect/recogniser.h"
#include "tests/engine/detect/pictures.h"
#include "tests/support/tiny_model.h"

namespace overfeat::detect {
namespace {

using test::colourModel;
using test::painted;
using test::plain;
using test::Rgb;
using test::TinyModel;

constexpr int kWindow = 8;
constexpr Rgb kRed{255, 0, 0};

const Placement kReference{.device = "reference"};

Look with(Views views) {
    return {.views = views};
}

// The code and sentence of the Error that `action` throws; the test fails if it throws none.
Error errorOf(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        EXPECT_GT(std::string(error.what()).size(), 20U) << "a sentence";
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorCode::kRuntime, ""};
}

std::shared_ptr<const net::Model> biasModel(std::vector<float> bias) {
    TinyModel tiny(kWindow);
    const auto classes = static_cast<std::int64_t>(bias.size());
    const std::vector<float> weight(bias.size() * 3, 0.0F);
    const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
    return tiny.finish(tiny.gemm(mean, classes, weight, std::move(bias)));
}

TEST(RecogniserVoting, ModelsAreAveraged) {
    const auto a = biasModel({0, 0});               // 1/2, 1/2
    const auto b = biasModel({std::log(3.0F), 0});  // 3/4, 1/4
    const auto c = biasModel({0, std::log(9.0F)});  // 1/10, 9/10
    for (const Views views : {Views::kCentre, Views::kTen, Views::kDense}) {
        Recogniser recogniser({a, b, c}, kReference);
        const auto seen = recogniser.recognise(plain({30, 20}, kRed), with(views));
        EXPECT_NEAR(seen.scores[0], (0.5 + 0.75 + 0.1) / 3, 1e-5);
        EXPECT_NEAR(seen.scores[1], (0.5 + 0.25 + 0.9) / 3, 1e-5);
        for (const ScoreMap& map : seen.scales) {
            EXPECT_NEAR(map.score(0, {0, 0}), (0.5 + 0.75 + 0.1) / 3, 1e-5)
                << "the same windows, so the maps vote too";
        }
    }
}

TEST(RecogniserVoting, MapsOfOtherWindowsAreNotMixed) {
    const auto small = colourModel(8, 3);
    const auto large = colourModel(12, 30);
    Recogniser one({small}, kReference);
    Recogniser both({small, large}, kReference);
    const Image image = painted({40, 30}, [](int x, int y) { return Rgb{x * 6, y * 8, 90}; });
    const auto alone = one.recognise(image);
    const auto voted = both.recognise(image);
    ASSERT_EQ(alone.scales.size(), voted.scales.size());
    for (std::size_t i = 0; i < alone.scales.size(); ++i) {
        EXPECT_TRUE(std::ranges::equal(alone.scales[i].plane(0), voted.scales[i].plane(0)));
    }
    EXPECT_NE(alone.scores, voted.scores);
}

// A model without boxes in between says nothing about them, and so takes nothing from the next.
TEST(RecogniserVoting, AModelWithoutBoxesHasNoPartInThem) {
    const auto boxedModel = [](float left) {
        TinyModel tiny(kWindow);
        const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
        const auto scores = tiny.gemm(mean, 2, std::vector<float>(6), {0, 0});
        return tiny.finish(scores,
                           tiny.gemm(mean, 4, std::vector<float>(12), {left, 0, left + 1, 1}));
    };
    Recogniser recogniser({boxedModel(0), biasModel({0, 0}), boxedModel(1)}, kReference);
    const auto seen = recogniser.recognise(plain({30, 20}, kRed));
    ASSERT_FALSE(seen.scales.empty());
    for (const ScoreMap& map : seen.scales) {
        const RectPx window = map.windowAt({0, 0});
        const auto box = map.boxAt({0, 0}, 0);
        ASSERT_TRUE(box);
        EXPECT_NEAR(box->x, window.x + window.width / 2, 1e-6) << "the mean of the two";
    }
}

TEST(RecogniserVoting, OtherClassesCannotVote) {
    EXPECT_EQ(errorOf([] {
                  Recogniser({biasModel({0, 0}), biasModel({0, 0, 0})}, kReference);
              }).code(),
              ErrorCode::kModel);
    TinyModel tiny(kWindow);
    tiny.model().labels = std::make_shared<const LabelSet>(
        LabelSet({{"c2", "blue"}, {"c1", "green"}, {"c0", "red"}}, std::nullopt));
    const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
    const auto permuted = tiny.finish(mean);
    const Error error = errorOf([&] {
        Recogniser({colourModel(kWindow, 1), permuted}, kReference);
    });
    EXPECT_EQ(error.code(), ErrorCode::kModel);
    EXPECT_NE(std::string(error.what()).find("tiny"), std::string::npos) << error.what();
}

TEST(RecogniserLimits, OddPicturesWorkInAllViews) {
    for (const Views views : {Views::kCentre, Views::kTen, Views::kDense}) {
        Recogniser recogniser({colourModel(kWindow, 5)}, kReference);
        for (const SizePx size :
             {SizePx{1, 1}, SizePx{1, 3000}, SizePx{3000, 1}, SizePx{7, 2}, SizePx{5472, 3648}}) {
            const auto seen = recogniser.recognise(plain(size, kRed), with(views));
            EXPECT_GT(seen.scores[0], 0.9) << size.width << 'x' << size.height;
            EXPECT_EQ(seen.frame_size, size);
        }
    }
}

TEST(RecogniserLimits, EmptyPictureIsRefused) {
    Recogniser recogniser({colourModel(kWindow, 5)}, kReference);
    EXPECT_EQ(errorOf([&] { recogniser.recognise(Image()); }).code(), ErrorCode::kInput);
    EXPECT_EQ(errorOf([&] { recogniser.profile({0, 10}); }).code(), ErrorCode::kInput);
}

TEST(RecogniserLimits, NumbersThatAreNotFiniteAreAModelError) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    for (const Views views : {Views::kCentre, Views::kTen, Views::kDense}) {
        for (const float bad : {nan, inf, -inf}) {
            Recogniser recogniser({biasModel({0, bad})}, kReference);
            const Error error = errorOf([&] {
                recogniser.recognise(plain({20, 20}, kRed), with(views));
            });
            EXPECT_EQ(error.code(), ErrorCode::kModel);
            EXPECT_NE(std::string(error.what()).find("finite"), std::string::npos);
        }
    }
    // Weights that are finite and overflow on the way.
    TinyModel tiny(kWindow);
    const auto huge = tiny.conv(tiny.input(), 1, 3, 1, 1, {3e38F, 3e38F, 3e38F});
    const auto mean = tiny.flatten(tiny.globalAveragePool(huge));
    Recogniser recogniser({tiny.finish(tiny.gemm(mean, 1, {1e30F}, {0}))}, kReference);
    EXPECT_EQ(errorOf([&] {
                  recogniser.recognise(plain({20, 20}, {255, 255, 255}));
              }).code(),
              ErrorCode::kModel);
}

TEST(RecogniserLimits, BoxesThatAreNotFiniteAreAModelError) {
    TinyModel tiny(kWindow);
    const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const auto scores = tiny.gemm(mean, 2, std::vector<float>(6), {0, 0});
    const auto boxes = tiny.gemm(mean, 4, std::vector<float>(12), {0, 0, nan, 1});
    Recogniser recogniser({tiny.finish(scores, boxes)}, kReference);
    EXPECT_EQ(errorOf([&] {
                  recogniser.recognise(plain({20, 20}, kRed));
              }).code(),
              ErrorCode::kModel);
}

TEST(RecogniserLimits, ImpossibleLooksAreRefusedAndLeaveNoTrace) {
    Recogniser recogniser({colourModel(kWindow, 5)}, kReference);
    const Image image = plain({20, 20}, kRed);
    const auto refused = [&](const std::function<void(Look&)>& change) {
        Look look;
        change(look);
        EXPECT_EQ(errorOf([&] { recogniser.recognise(image, look); }).code(), ErrorCode::kUsage);
        EXPECT_EQ(errorOf([&] { recogniser.profile(image.size(), look); }).code(),
                  ErrorCode::kUsage);
    };
    refused([](auto& o) { o.scale_count = 0; });
    refused([](auto& o) { o.scale_count = Look::kScaleCount.most + 1; });
    refused([](auto& o) { o.smallest_side_windows = 0.5; });
    refused([](auto& o) { o.largest_side_windows = 0.9; });
    refused([](auto& o) { o.largest_side_windows = 1e9; });
    refused([](auto& o) { o.smallest_side_windows = std::numeric_limits<double>::quiet_NaN(); });
    refused([](auto& o) { o.fine_steps = -1; });
    refused([](auto& o) { o.detection = {.min_votes = 0}; });
    EXPECT_FALSE(recogniser.recognise(image).scales.empty());
}

TEST(RecogniserLimits, ImpossiblePlacementsAreRefused) {
    for (const Placement& placement : {Placement{.threads = -2}, Placement{.device = "abacus"}}) {
        EXPECT_EQ(errorOf([&] { Recogniser({colourModel(kWindow, 5)}, placement); }).code(),
                  ErrorCode::kUsage);
    }
}

TEST(RecogniserLimits, ModelsThatMakeNoSenseAreRefused) {
    EXPECT_EQ(errorOf([] { Recogniser({}, {}); }).code(), ErrorCode::kUsage);
    EXPECT_EQ(errorOf([] { Recogniser({nullptr}, {}); }).code(), ErrorCode::kUsage);

    const auto refused = [](const std::function<void(net::Model&)>& damage) {
        net::Model model = *colourModel(kWindow, 1);
        damage(model);
        const auto shared = std::make_shared<const net::Model>(std::move(model));
        EXPECT_EQ(errorOf([&] { Recogniser({shared}, kReference); }).code(), ErrorCode::kModel);
    };
    refused([](auto& m) { m.window_px = 0; });
    refused([](auto& m) { m.labels = std::make_shared<const LabelSet>(LabelSet::numbered(7)); });
    refused([](auto& m) { m.labels = nullptr; });
    refused([](auto& m) { m.boxes = m.scores; });  // three numbers are no box
    refused([](auto& m) { m.normalisation.std = {1, 0, 1}; });

    TinyModel tiny(kWindow);  // a map, not a vector: not a classifier of this window
    tiny.model().labels = std::make_shared<const LabelSet>(LabelSet::numbered(3));
    const auto map = tiny.maxPool(tiny.input(), 2, 2);
    EXPECT_EQ(errorOf([&] { Recogniser({tiny.finish(map)}, kReference); }).code(),
              ErrorCode::kModel);
}

TEST(RecogniserLimits, CancelledBetweenScales) {
    Recogniser recogniser({colourModel(kWindow, 5)}, kReference);
    const Image image = plain({60, 40}, kRed);
    std::stop_source stop;
    EXPECT_NO_THROW(recogniser.recognise(image, {}, stop.get_token()));
    stop.request_stop();
    EXPECT_EQ(errorOf([&] { recogniser.recognise(image, {}, stop.get_token()); }).code(),
              ErrorCode::kCancelled);
    EXPECT_NO_THROW(recogniser.recognise(image)) << "and is as good as new";
}

// One look at the picture, of one slow layer: it must not be waited for. The pause only makes it
// likely that the layer has begun; it need not have.
TEST(RecogniserLimits, CancelledWithinOneRunOfTheNetwork) {
    TinyModel tiny(512);
    const auto slow = tiny.maxPool(tiny.input(), 257, 1);
    const auto mean = tiny.flatten(tiny.globalAveragePool(slow));
    Recogniser recogniser({tiny.finish(tiny.gemm(mean, 1, {1, 1, 1}, {0}))}, kReference);
    const Image image = plain({512, 512}, kRed);
    std::stop_source stop;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        stop.request_stop();
    });
    EXPECT_EQ(errorOf([&] {
                  recogniser.recognise(image, with(Views::kCentre), stop.get_token());
              }).code(),
              ErrorCode::kCancelled);
}

TEST(RecogniserLimits, SamePictureSameNumbersWhateverCameBefore) {
    const Image image = painted({70, 50}, [](int x, int y) { return Rgb{x * 3, y * 5, x ^ y}; });
    Recogniser fresh({colourModel(kWindow, 4)}, kReference);
    Recogniser used({colourModel(kWindow, 4)}, kReference);
    used.recognise(plain({31, 90}, kRed), with(Views::kTen));
    used.recognise(plain({400, 300}, kRed));
    const auto a = fresh.recognise(image);
    const auto b = used.recognise(image);
    const auto c = used.recognise(image);
    EXPECT_EQ(a.scores, b.scores);
    EXPECT_EQ(b.scores, c.scores);
    ASSERT_EQ(a.scales.size(), b.scales.size());
    for (std::size_t i = 0; i < a.scales.size(); ++i)
        EXPECT_TRUE(std::ranges::equal(a.scales[i].plane(1), b.scales[i].plane(1)));
}

TEST(RecogniserLimits, NetworkThatCannotSlideIsAskedAboutTheCentre) {
    // A flattened map that goes on as anything but a vector has no dense equivalent.
    TinyModel tiny(kWindow);
    const auto rows = tiny.softmax(tiny.maxPool(tiny.input(), 2, 2));  // over the columns of a map
    const auto mean = tiny.flatten(tiny.globalAveragePool(rows));
    Recogniser recogniser({tiny.finish(tiny.gemm(mean, 2, {1, 0, 0, 0, 1, 0}, {0, 0}))},
                          kReference);
    const RecogniserInfo info = recogniser.info();
    ASSERT_EQ(info.dense.fidelity, net::DenseFidelity::kClassificationOnly);
    EXPECT_NE(info.dense.reasons.back().find("middle of the picture"), std::string::npos);
    EXPECT_EQ(info.fine_steps_available, 0);
    const auto seen = recogniser.recognise(plain({40, 30}, kRed));
    EXPECT_TRUE(seen.scales.empty());
    EXPECT_NEAR(seen.scores[0] + seen.scores[1], 1, 1e-6);
    EXPECT_FALSE(recogniser.profile({40, 30}).empty());
}

TEST(RecogniserLimits, SoftmaxIsNotAppliedTwice) {
    TinyModel tiny(kWindow);
    const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
    const auto logits = tiny.gemm(mean, 2, std::vector<float>(6), {std::log(4.0F), 0});
    const auto model = tiny.finish(tiny.softmax(logits));
    for (const Views views : {Views::kCentre, Views::kTen, Views::kDense}) {
        Recogniser recogniser({model}, kReference);
        const auto seen = recogniser.recognise(plain({20, 20}, kRed), with(views));
        EXPECT_NEAR(seen.scores[0], 0.8, 1e-5);
        EXPECT_NEAR(seen.scores[1], 0.2, 1e-5);
    }
}

TEST(RecogniserLimits, InfoAndProfileTellWhatRuns) {
    Recogniser recogniser({colourModel(kWindow, 5)}, kReference);
    const RecogniserInfo info = recogniser.info();
    EXPECT_EQ(info.device.name, "reference");
    EXPECT_TRUE(info.device.passed_over.empty());
    EXPECT_EQ(info.dense.fidelity, net::DenseFidelity::kExact);
    EXPECT_TRUE(info.has_boxes) << "it slides";
    EXPECT_EQ(info.box_source, BoxSource::kEvidence);
    EXPECT_FALSE(info.has_features);
    const auto layers = recogniser.profile({64, 48});
    ASSERT_FALSE(layers.empty());
    std::int64_t multiply_adds = 0;
    for (const auto& layer : layers)
        multiply_adds += layer.multiply_adds;
    EXPECT_GT(multiply_adds, 0);
}

}  // namespace
}  // namespace overfeat::detect
