// SPDX-License-Identifier: Apache-2.0
//
// The session with the program's own processor, from a frame to a result.
#include <gtest/gtest.h>

#include <utility>

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

}  // namespace
}  // namespace overfeat::test
