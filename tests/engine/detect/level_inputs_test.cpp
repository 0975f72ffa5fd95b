// SPDX-License-Identifier: Apache-2.0
//
// Levels that a card makes of a picture are those that the processor makes.
#include "engine/detect/level_inputs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/backend/registry.h"
#include "engine/core/error.h"
#include "engine/detect/recogniser.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/backend/simulated/simulated_device.h"
#include "tests/engine/detect/pictures.h"
#include "tests/support/tiny_model.h"

namespace overfeat::detect {
namespace {

using backend::Plan;

Image noise(SizePx size, std::uint32_t seed = 1) {
    return test::painted(size, [&](int, int) {
        const auto next = [&] {
            seed = seed * 1664525U + 1013904223U;
            return static_cast<int>(seed >> 24);
        };
        return test::Rgb{next(), next(), next()};
    });
}

// What comes out is what went in.
net::Graph nothingElse() {
    test::GraphMaker make({1, 3, -1, -1});
    return make.finish({make.node(net::Identity{}, {make.input()})});
}

class OnACard : public ::testing::Test {
protected:
    std::unique_ptr<Plan> planOf(const backend::Backend& backend, SizePx level) const {
        return backend.compile(graph_, {1, 3, level.height, level.width}, {});
    }
    static std::vector<float> ran(Plan& plan) {
        plan.run();
        return {plan.output(0).begin(), plan.output(0).end()};
    }
    std::vector<float> byProcessor(const Image& image, SizePx largest, SizePx level,
                                   bool mirrored) const {
        Resampler resampler;
        resampler.begin(image, largest);
        std::vector<float> planes(static_cast<std::size_t>(3 * level.width * level.height));
        resampler.write(level, normaliser_, mirrored, planes);
        return planes;
    }
    // Of the largest number that there can be.
    void expectSame(const std::vector<float>& actual, const std::vector<float>& expected) {
        ASSERT_EQ(actual.size(), expected.size());
        for (std::size_t i = 0; i < actual.size(); ++i) {
            const float difference = std::abs(actual[i] - expected[i]) / kRange;
            worst_ = std::max(worst_, std::isnan(difference) ? 1 : difference);
        }
        EXPECT_LE(worst_, kTolerance);
    }

    // Where no multiplication is fused with an addition the bits are the same.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // see vectorised.h
    static constexpr float kTolerance = 0;
#else
    static constexpr float kTolerance = 1e-6F;
#endif
    static constexpr float kRange = 255.0F / 2;
    const net::Graph graph_ = nothingElse();
    const Normaliser normaliser_{{.mean = {120, 115, 100}, .std = {2, 4, 5}}};
    float worst_ = 0;
    test::SimulatedDevice device_;
    backend::cuda::CudaBackend backend_{"simulated", [this] {
                                            return backend::cuda::Device{&device_.api(), {}};
                                        }};
};

struct Sizes {
    SizePx from;
    SizePx to;
};

class LevelOnACard : public OnACard, public ::testing::WithParamInterface<Sizes> {};

TEST_P(LevelOnACard, IsTheProcessors) {
    const auto [from, to] = GetParam();
    const Image image = noise(from);
    Resampler resampler;
    LevelInputs inputs(resampler);
    inputs.begin(backend_, image, {}, true);
    const auto plan = planOf(backend_, to);
    for (const bool mirrored : {false, true, false}) {
        inputs.write(to, normaliser_, mirrored, *plan);
        expectSame(ran(*plan), byProcessor(image, {}, to, mirrored));
        EXPECT_EQ(plan->profile().front().op, "Resize");
    }
    EXPECT_EQ(device_.fault(), "");
    RecordProperty("millionths", static_cast<int>(worst_ * 1e6F));
}

std::string nameOf(const ::testing::TestParamInfo<Sizes>& test) {
    const auto text = [](SizePx size) {
        return std::to_string(size.width) + "x" + std::to_string(size.height);
    };
    return text(test.param.from) + "_" + text(test.param.to);
}

INSTANTIATE_TEST_SUITE_P(Sizes, LevelOnACard,
                         ::testing::Values(Sizes{{64, 48}, {64, 48}}, Sizes{{64, 48}, {32, 16}},
                                           Sizes{{640, 480}, {80, 64}},
                                           Sizes{{640, 480}, {304, 224}},
                                           Sizes{{640, 480}, {639, 479}},
                                           Sizes{{101, 77}, {37, 29}}, Sizes{{97, 61}, {13, 60}},
                                           Sizes{{40, 30}, {97, 61}}, Sizes{{40, 30}, {80, 60}},
                                           Sizes{{30, 100}, {61, 37}}, Sizes{{1, 500}, {16, 64}},
                                           Sizes{{500, 1}, {64, 16}}, Sizes{{1, 1}, {16, 16}},
                                           Sizes{{333, 2}, {7, 16}}, Sizes{{50, 50}, {1, 1}}),
                         nameOf);

// What goes up of a large picture is what the processor averaged it to.
TEST_F(OnACard, ALargePictureGoesUpAveraged) {
    const Image image = noise({900, 700});
    const SizePx largest{120, 90};
    Resampler resampler;
    LevelInputs inputs(resampler);
    inputs.begin(backend_, image, largest, true);
    EXPECT_EQ(resampler.source().size, (SizePx{240, 180}));
    const std::int64_t bytes = device_.bytes();
    EXPECT_LT(bytes, 2 * 3 * 240 * 180 + 100) << "here and there";
    for (const SizePx level : {largest, SizePx{60, 45}, SizePx{31, 23}}) {
        const auto plan = planOf(backend_, level);
        inputs.write(level, normaliser_, false, *plan);
        expectSame(ran(*plan), byProcessor(image, largest, level, false));
    }
}

TEST_F(OnACard, APictureMayGoBeforeItsLevelsAreComputed) {
    const SizePx level{40, 30};
    const auto plan = planOf(backend_, level);
    Resampler resampler;
    LevelInputs inputs(resampler);
    auto image = std::make_unique<Image>(noise({100, 80}));
    const std::vector<float> expected = byProcessor(*image, {}, level, false);
    inputs.begin(backend_, *image, {}, true);
    inputs.write(level, normaliser_, false, *plan);
    std::fill_n(image->row(0), image->bytes().size(), std::uint8_t{0});
    image.reset();
    expectSame(ran(*plan), expected);
}

TEST_F(OnACard, FramesOfOtherSizesFollowOneAnother) {
    const SizePx level{40, 30};
    const auto plan = planOf(backend_, level);
    Resampler resampler;
    LevelInputs inputs(resampler);
    std::uint32_t seed = 1;
    for (const SizePx size : {SizePx{100, 80}, SizePx{200, 160}, SizePx{30, 20}, SizePx{30, 20},
                              SizePx{200, 160}, SizePx{40, 30}}) {
        const Image image = noise(size, ++seed);
        inputs.begin(backend_, image, {}, true);
        inputs.write(level, normaliser_, false, *plan);
        expectSame(ran(*plan), byProcessor(image, {}, level, false));
    }
    EXPECT_EQ(device_.fault(), "");
}

TEST_F(OnACard, NothingIsMadeForAFrameLikeTheLast) {
    const SizePx level{40, 30};
    const auto plan = planOf(backend_, level);
    Resampler resampler;
    LevelInputs inputs(resampler);
    std::optional<std::int64_t> calls;
    std::optional<std::int64_t> things;
    for (std::uint32_t frame = 1; frame < 6; ++frame) {
        const Image image = noise({100, 80}, frame);
        const std::int64_t before = device_.calls();
        inputs.begin(backend_, image, {}, true);
        inputs.write(level, normaliser_, frame % 2 == 0, *plan);
        plan->run();
        if (frame > 2) {
            EXPECT_EQ(device_.calls() - before, *calls);
            EXPECT_EQ(device_.things(), *things);
        }
        calls = device_.calls() - before;
        things = device_.things();
    }
    // A wait for the last picture, its way up, an event; a wait for that, the resizing, the way
    // through the network, the wait for its end.
    EXPECT_EQ(calls, 7);
}

TEST_F(OnACard, HugePicturesStayWithTheProcessor) {
    const Image image({6000, 4000});
    const SizePx level{40, 30};
    Resampler resampler;
    LevelInputs inputs(resampler);
    inputs.begin(backend_, image, {}, true);
    EXPECT_LT(device_.bytes(), 1000);
    const auto plan = planOf(backend_, level);
    inputs.write(level, normaliser_, false, *plan);
    EXPECT_EQ(ran(*plan), byProcessor(image, {}, level, false));
    EXPECT_EQ(plan->profile().front().op, "Upload");
}

TEST_F(OnACard, EveryBackendThereIsGetsTheSameLevels) {
    const Image image = noise({100, 80});
    const SizePx level{40, 30};
    Resampler resampler;
    LevelInputs inputs(resampler);
    for (const backend::Backend* backend : backend::backends()) {
        if (!backend->probe().available) continue;
        inputs.begin(*backend, image, {}, true);
        const auto plan = planOf(*backend, level);
        inputs.write(level, normaliser_, true, *plan);
        expectSame(ran(*plan), byProcessor(image, {}, level, true));
    }
}

// A device that counts the pictures it gets.
class CountingDevice final : public backend::Backend {
public:
    std::string_view name() const noexcept override { return "counting"; }
    backend::Availability probe() const override { return {true, "It counts."}; }
    std::unique_ptr<Plan> compile(const net::Graph& /*graph*/, const Shape& /*input*/,
                                  const backend::CompileOptions& /*options*/) const override {
        return nullptr;
    }
    std::unique_ptr<backend::DevicePicture> makePicture() const override {
        struct Picture final : backend::DevicePicture {
            explicit Picture(int& count) : count_(count) {}
            bool set(const std::uint8_t* /*rgb*/, std::size_t /*row*/, SizePx /*size*/) override {
                return ++count_ > 0;
            }
            int& count_;
        };
        return std::make_unique<Picture>(pictures_);
    }
    int pictures() const { return pictures_; }

private:
    mutable int pictures_ = 0;
};

TEST(LevelInputs, NetworksThatLookAtTheSamePictureShareItsWayUp) {
    const CountingDevice device;
    Resampler resampler;
    LevelInputs inputs(resampler);
    const Image image = noise({100, 80});
    inputs.begin(device, image, {}, true);
    inputs.begin(device, image, {60, 40}, false);
    EXPECT_EQ(device.pictures(), 1);
    inputs.begin(device, image, {10, 8}, false);
    EXPECT_EQ(device.pictures(), 2) << "what it was averaged to is another one";
    inputs.begin(device, image, {}, true);
    EXPECT_EQ(device.pictures(), 3) << "at the same place there may be another picture";
}

class RecognisesOnACard : public OnACard {
protected:
    // Looks for bright spots of red to the left and so on: mirror images and places matter.
    static std::shared_ptr<const net::Model> model(int window_px = 8) {
        test::TinyModel tiny(window_px);
        tiny.model().normalisation = {.mean = {124, 116, 104}, .std = {58, 57, 59}};
        std::vector<float> weights(static_cast<std::size_t>(3) * 3 * 16);
        for (std::size_t i = 0; i < weights.size(); ++i)
            weights[i] = static_cast<float>(i * 7919 % 97) / 97 - 0.5F;
        const auto cells = tiny.relu(tiny.conv(tiny.input(), 3, 3, 4, 2, weights));
        const auto mean = tiny.flatten(tiny.globalAveragePool(cells));
        return tiny.finish(tiny.gemm(mean, 3, {2, 0, 0, 0, 2, 0, 0, 0, 2}, {0, 0, 0}));
    }
    void expectSameAsProcessor(const std::vector<std::shared_ptr<const net::Model>>& models,
                               const Look& look) {
        Recogniser on_card(models, {.first = {&backend_}});
        Recogniser on_processor(models, {.device = "reference"});
        std::uint32_t seed = 5;
        for (const SizePx size :
             {SizePx{80, 60}, SizePx{80, 60}, SizePx{61, 97}, SizePx{700, 500}, SizePx{80, 60}}) {
            const Image image = noise(size, ++seed);
            const Recognition a = on_card.recognise(image, look);
            const Recognition b = on_processor.recognise(image, look);
            expectNear(a.scores, b.scores);
            ASSERT_EQ(a.scales.size(), b.scales.size());
            for (std::size_t i = 0; i < a.scales.size(); ++i)
                for (std::size_t k = 0; k < a.scores.size(); ++k)
                    expectNear(a.scales[i].plane(k), b.scales[i].plane(k));
            EXPECT_EQ(on_card.profile(size, look).front().op, "Resize");
        }
        EXPECT_EQ(on_card.info().device.name, "simulated");
        EXPECT_EQ(device_.fault(), "");
    }
    static void expectNear(std::span<const float> a, std::span<const float> b) {
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i)
            ASSERT_NEAR(a[i], b[i], 1e-5F);
    }
};

TEST_F(RecognisesOnACard, AsTheProcessorDoes) {
    expectSameAsProcessor({model()}, {.scale_count = 3});
}

TEST_F(RecognisesOnACard, MirrorImagesToo) {
    expectSameAsProcessor({model()}, {.scale_count = 2, .flip = true});
}

TEST_F(RecognisesOnACard, WithSeveralNetworks) {
    expectSameAsProcessor({model(), model(12)}, {.scale_count = 2});
}

TEST_F(RecognisesOnACard, AStopLeavesItUsable) {
    Recogniser on_card({model()}, {.first = {&backend_}});
    const Image image = noise({80, 60});
    const Recognition expected = on_card.recognise(image, {.scale_count = 3});
    for (int i = 0; i < 3; ++i) {
        std::stop_source source;
        source.request_stop();
        EXPECT_THROW(on_card.recognise(noise({90, 60}), {.scale_count = 3}, source.get_token()),
                     Error);
        EXPECT_EQ(on_card.recognise(image, {.scale_count = 3}).scores, expected.scores);
    }
    EXPECT_EQ(device_.fault(), "");
}

}  // namespace
}  // namespace overfeat::detect
