// SPDX-License-Identifier: Apache-2.0
//
// A device that fails is given up for the next one, within the call.
#include "engine/detect/device_choosing.h"

#include <gtest/gtest.h>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/detect/features.h"
#include "engine/detect/recogniser.h"
#include "tests/engine/backend/simulated/simulated_device.h"
#include "tests/support/tiny_model.h"

namespace overfeat::detect {
namespace {

using backend::cuda::Status;

class FailingDevice : public ::testing::Test {
protected:
    FailingDevice() : picture_({40, 30}) {
        for (int y = 0; y < picture_.height(); ++y)
            for (int x = 0; x < picture_.width(); ++x)
                picture_.row(y)[x * 3 + 2] = 255;
    }
    Placement placement() const { return {.device = "auto", .first = {&backend_}}; }

    test::SimulatedDevice device_;
    backend::cuda::CudaBackend backend_{"simulated", [this] {
                                            return backend::cuda::Device{&device_.api(), {}};
                                        }};
    Image picture_;
};

TEST_F(FailingDevice, IsTriedFirstAndUsed) {
    Recogniser recogniser({test::colourModel(8, 5)}, placement());
    EXPECT_EQ(recogniser.info().device.name, "simulated");
    EXPECT_TRUE(recogniser.info().device.passed_over.empty());
    recogniser.recognise(picture_);
    EXPECT_GT(device_.calls(), 0);
}

TEST_F(FailingDevice, AnswersLikeTheNextOne) {
    const auto model = test::colourModel(8, 5);
    Recogniser on_device({model}, placement());
    Recogniser on_processor({model}, {.device = "reference"});
    const Recognition a = on_device.recognise(picture_, {.scale_count = 2});
    const Recognition b = on_processor.recognise(picture_, {.scale_count = 2});
    ASSERT_EQ(a.scores.size(), b.scores.size());
    for (std::size_t i = 0; i < a.scores.size(); ++i)
        EXPECT_NEAR(a.scores[i], b.scores[i], 1e-5F);
}

TEST_F(FailingDevice, IsGivenUpInTheMiddleOfACallWhateverCallFails) {
    const auto model = test::colourModel(8, 5);
    Recogniser on_processor({model}, {.device = "cpu"});
    const Recognition expected = on_processor.recognise(picture_);
    int times = 0;
    for (bool failed = true; failed; ++times) {
        Recogniser recogniser({model}, placement());
        device_.failAt(times + 1, Status::kFailed, true);
        const Recognition seen = recogniser.recognise(picture_);
        const DeviceChoice choice = recogniser.info().device;
        failed = choice.name != "simulated";
        if (failed) {
            EXPECT_EQ(seen.scores, expected.scores);
            EXPECT_EQ(seen.device, expected.device);
            ASSERT_FALSE(choice.passed_over.empty());
            EXPECT_EQ(choice.passed_over.front().name, "simulated");
            EXPECT_GT(choice.passed_over.front().why.size(), 20U);
            EXPECT_EQ(device_.things(), 0) << "the card is left with nothing";
        }
        device_.repair();
    }
    EXPECT_GT(times, 10);
    EXPECT_EQ(device_.fault(), "");
}

// The answer is that of the next device, and not that the layer cannot be looked into.
TEST_F(FailingDevice, IsGivenUpWhileALayerIsLookedInto) {
    const auto model = test::colourModel(8, 5);
    const Look look{.layer = LayerLook{.name = model->graph.valueName(model->graph.outputs.at(0))}};
    Recogniser on_processor({model}, {.device = "cpu"});
    const auto expected = on_processor.recognise(picture_, look).layer;
    ASSERT_TRUE(expected && expected->problem.empty());
    int times = 0;
    for (bool failed = true; failed; ++times) {
        Recogniser recogniser({model}, placement());
        device_.failAt(times + 1, Status::kFailed, true);
        const Recognition seen = recogniser.recognise(picture_, look);
        failed = recogniser.info().device.name != "simulated";
        ASSERT_TRUE(seen.layer);
        EXPECT_EQ(seen.layer->problem, "");
        if (failed) {
            EXPECT_EQ(seen.layer->values, expected->values);
        }
        device_.repair();
    }
    EXPECT_GT(times, 20);
}

TEST_F(FailingDevice, IsGivenUpWhileFeaturesAreExtracted) {
    const auto model = test::colourModel(8, 5);
    const std::string layer = model->graph.valueName(model->graph.outputs.at(0));
    FeatureExtractor on_processor(model, layer, {.device = "cpu"});
    const Tensor expected = on_processor.extract(picture_);
    const auto same = [&](const Tensor& other) {
        for (std::size_t i = 0; i < expected.values().size(); ++i)
            EXPECT_NEAR(other.values()[i], expected.values()[i], 1e-5F);
    };
    const std::int64_t before = device_.calls();
    FeatureExtractor calm(model, layer, {.device = "auto", .first = {&backend_}});
    same(calm.extract(picture_));
    const std::int64_t calls = device_.calls() - before;
    ASSERT_GT(calls, 10);
    for (std::int64_t i = 1; i <= calls; ++i) {
        device_.failAt(i, Status::kFailed, true);
        FeatureExtractor extractor(model, layer, {.device = "auto", .first = {&backend_}});
        same(extractor.extract(picture_));
        device_.repair();
        same(extractor.extract(picture_));
    }
}

TEST_F(FailingDevice, FailsInProfilesToo) {
    Recogniser recogniser({test::colourModel(8, 5)}, placement());
    recogniser.recognise(picture_);
    device_.failAt(1, Status::kOutOfMemory, false);
    EXPECT_FALSE(recogniser.profile(picture_.size()).empty());
    EXPECT_NE(recogniser.info().device.name, "simulated");
}

TEST_F(FailingDevice, ThatIsAllThereIsFailsTheCall) {
    const auto graph = std::make_shared<const net::Graph>(test::colourModel(8, 5)->graph);
    DeviceChoosing choosing("reference", {});
    choosing.chooseFor({graph});
    EXPECT_FALSE(choosing.giveUp(Error(ErrorCode::kDeviceLost, "It was asked for by its name.")));
    EXPECT_EQ(choosing.choice().device.name, "reference");
    DeviceChoosing any("auto", {});
    any.chooseFor({graph});
    int others = 0;
    while (any.giveUp(Error(ErrorCode::kDeviceLost, "It failed.")))
        ++others;
    EXPECT_EQ(any.choice().device.name, "reference") << "the last one stays";
    EXPECT_GE(static_cast<int>(any.choice().device.passed_over.size()), others);
}

}  // namespace
}  // namespace overfeat::detect
