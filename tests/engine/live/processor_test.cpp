// SPDX-License-Identifier: Apache-2.0
//
// The session with the program's own processor, from a frame to a result.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "engine/backend/cuda/cuda_backend.h"
#include "tests/engine/backend/simulated/simulated_device.h"
#include "tests/engine/live/session_fixture.h"
#include "tests/support/tiny_model.h"

namespace overfeat::test {
namespace {

using live::Update;

TEST(Processor, RecognisesTheFramesOfASession) {
    NudgedSession nudged;
    nudged.session.set({.look = {.scale_count = 2}});
    nudged.session.use([](std::stop_token) {
        return live::makeProcessor(
            detect::Recogniser({colourModel(8, 5)}, {.device = "reference"}));
    });
    Image blue({30, 20});
    for (int y = 0; y < blue.height(); ++y) {
        for (int x = 0; x < blue.width(); ++x)
            blue.row(y)[x * 3 + 2] = 255;
    }
    Frame frame;
    frame.id = 42;
    frame.captured = std::chrono::steady_clock::now();
    frame.image = std::move(blue);
    nudged.session.submit(std::make_shared<const Frame>(std::move(frame)));

    const auto updates =
        nudged.takeUntil([](const Update& update) { return update.frame != nullptr; });
    ASSERT_EQ(updates.size(), 2U);
    ASSERT_TRUE(updates[0].model_ready);
    EXPECT_EQ(updates[0].model_ready->device.name, "reference");
    const Recognition& seen = *updates[1].recognition;
    EXPECT_EQ(seen.frame_id, 42U);
    EXPECT_EQ(seen.scales.size(), 2U);
    EXPECT_EQ((*seen.labels)[topClasses(seen.scores, *seen.labels, 1)[0].index].label, "blue");

    EXPECT_EQ(updates[0].model_ready->models.size(), 1U);

    nudged.session.set({.look = {.views = Views::kCentre}});
    nudged.session.submit(updates[1].frame);
    const auto again = nudged.takeUntil(
        [](const Update& update) { return update.frame && update.recognition->scales.empty(); });
    ASSERT_FALSE(again.empty());
    EXPECT_EQ(again.back().recognition->frame_id, 42U);
}

// The card is lost between two frames: the next frame has its result, from another device, and that
// is said.
TEST(Processor, ALostCardCostsNoFrame) {
    SimulatedDevice card;
    const backend::cuda::CudaBackend backend("simulated", [&] {
        return backend::cuda::Device{&card.api(), {}};
    });
    NudgedSession nudged;
    nudged.session.use([&](std::stop_token) {
        return live::makeProcessor(
            detect::Recogniser({colourModel(8, 5)}, {.device = "auto", .first = {&backend}}));
    });
    const auto submit = [&](std::uint64_t id) {
        Frame frame;
        frame.id = id;
        frame.captured = std::chrono::steady_clock::now();
        frame.image = Image({30, 20});
        nudged.session.submit(std::make_shared<const Frame>(std::move(frame)));
        return nudged.takeUntil([id](const Update& update) {
            return update.frame != nullptr && update.frame->id == id;
        });
    };
    const auto before = submit(1);
    ASSERT_TRUE(before.front().model_ready);
    EXPECT_EQ(before.front().model_ready->device.name, "simulated");
    ASSERT_TRUE(before.back().recognition);
    EXPECT_EQ(before.back().recognition->device, backend.probe().sentence);
    for (const Update& update : before)
        EXPECT_FALSE(update.device_changed);

    card.failAt(1, backend::cuda::Status::kFailed, true);
    const auto after = submit(2);
    ASSERT_TRUE(after.back().recognition);
    EXPECT_FALSE(after.back().failure);
    const auto& scores = after.back().recognition->scores;
    ASSERT_EQ(scores.size(), before.back().recognition->scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i)
        EXPECT_NEAR(scores[i], before.back().recognition->scores[i], 1e-5F);
    const auto told = std::ranges::find_if(
        after, [](const Update& update) { return update.device_changed.has_value(); });
    ASSERT_NE(told, after.end());
    EXPECT_NE(told->device_changed->name, "simulated");
    EXPECT_EQ(told->device_changed->passed_over.front().name, "simulated");
    EXPECT_EQ(after.back().recognition->device, told->device_changed->description);
    EXPECT_TRUE(told->device_changed->passed_over.front().failed);
}

// With a picture at rest no frame comes after it that could tell.
TEST(Processor, ADeviceThatFailsAtACommandIsToldOf) {
    SimulatedDevice card;
    const backend::cuda::CudaBackend backend("simulated", [&] {
        return backend::cuda::Device{&card.api(), {}};
    });
    NudgedSession nudged;
    nudged.session.use([&](std::stop_token) {
        return live::makeProcessor(
            detect::Recogniser({colourModel(8, 5)}, {.device = "auto", .first = {&backend}}));
    });
    Frame frame;
    frame.image = Image({30, 20});
    const auto picture = std::make_shared<const Frame>(std::move(frame));
    const auto before = nudged.session.examine(picture, {{}});
    nudged.takeUntil([before](const Update& update) { return update.command == before; });
    card.failAt(1, backend::cuda::Status::kFailed, true);
    const auto question = nudged.session.examine(picture, {{}});
    const auto updates =
        nudged.takeUntil([](const Update& update) { return update.device_changed.has_value(); });
    ASSERT_TRUE(updates.back().device_changed);
    EXPECT_NE(updates.back().device_changed->name, "simulated");
    const auto answer = std::ranges::find(updates, question, &Update::command);
    ASSERT_NE(answer, updates.end());
    EXPECT_FALSE(answer->failure);
}

}  // namespace
}  // namespace overfeat::test
