// SPDX-License-Identifier: Apache-2.0
#include "engine/live/video.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace overfeat::live {
namespace {

// Sees one object per frame and takes as long as it is told.
class Scripted final : public Processor {
public:
    Recognition process(const Frame&, const Look& look, std::stop_token) override {
        asked = look;
        Recognition seen;
        seen.timings.add(Stage::kNetwork, frame_ms + scale_ms * look.scale_count);
        if (sees) {
            Detection object;
            object.box = box;
            object.class_index = class_index;
            object.score = 0.5F;
            seen.detections.objects.push_back(object);
        }
        return seen;
    }
    detect::RecogniserInfo info() const override { return network; }
    std::vector<backend::LayerTiming> profile(SizePx, const Look&) override { return {}; }
    ExampleEmbedding embed(const Example&, ExampleDepth, std::stop_token) override { return {}; }

    RectPx box{10, 10, 50, 50};
    std::size_t class_index = 0;
    double frame_ms = 10;
    double scale_ms = 0;  // every scale adds so much
    bool sees = true;
    Look asked;
    detect::RecogniserInfo network;
};

std::shared_ptr<const TaughtClasses> lesson(const std::vector<std::string>& ids,
                                            std::size_t examples) {
    auto taught = std::make_shared<TaughtClasses>();
    for (const std::string& id : ids) {
        EmbeddedClass one;
        one.id = id;
        one.examples.resize(examples);
        taught->classes.push_back(one);
    }
    return taught;
}

class VideoTest : public ::testing::Test {
protected:
    VideoTest() {
        network_.network.fine_steps_available = 1;
        video_.setNetwork(network_.info());
    }

    Recognition see() { return video_.see(network_, frame_, wanted_, source_fps_, {}); }
    Recognition next() {
        frame_.id += 1;
        frame_.captured += std::chrono::milliseconds(33);
        return see();
    }
    Recognition after(int frames) {
        for (int i = 1; i < frames; ++i)
            next();
        return next();
    }

    Scripted network_;
    Settings wanted_{.look = {.scale_count = 4, .detection = DetectionOptions()}};
    double source_fps_ = 0;
    Video video_;
    Frame frame_;
};

TEST_F(VideoTest, TheFirstFrameShowsAllItsObjectsAtOnceAndTheyStay) {
    const auto first = next().detections.objects;
    ASSERT_EQ(first.size(), 1U);
    const auto second = next().detections.objects;
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(first[0].track, second[0].track);
}

TEST_F(VideoTest, LaterFramesAreFollowed) {
    after(2);
    const auto third = next().detections.objects;
    const auto fourth = next().detections.objects;
    ASSERT_EQ(third.size(), 1U);
    ASSERT_EQ(fourth.size(), 1U);
    ASSERT_TRUE(third[0].track);
    EXPECT_EQ(third[0].track, fourth[0].track);
}

TEST_F(VideoTest, AFlashIsNotShownUnlessSteadyIsOff) {
    network_.sees = false;
    after(2);
    network_.sees = true;
    EXPECT_TRUE(next().detections.objects.empty());
    wanted_.look.detection->steady = false;
    EXPECT_EQ(next().detections.objects.size(), 1U);
}

TEST_F(VideoTest, APausedPictureAndOneLookedAtAgainAreShownWhole) {
    network_.sees = false;
    after(2);
    network_.sees = true;
    wanted_.moving = false;
    EXPECT_EQ(next().detections.objects.size(), 1U);
    wanted_.moving = true;
    network_.box = {200, 10, 50, 50};
    const auto again = see().detections.objects;
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].box, network_.box);
}

// Other options say at once what they make of the next frame, and objects keep their numbers: the
// window does not have to put others, without numbers, in their place.
TEST_F(VideoTest, AfterOtherOptionsObjectsKeepTheirNumbersAndNothingElseStays) {
    const auto before = after(3).detections.objects;
    ASSERT_EQ(before.size(), 1U);
    wanted_.look.detection->score_threshold = 0.4;
    const auto after_change = next().detections.objects;
    ASSERT_EQ(after_change.size(), 1U);
    EXPECT_EQ(after_change[0].track, before[0].track);
    wanted_.look.detection->score_threshold = 0.9;
    network_.sees = false;
    EXPECT_TRUE(next().detections.objects.empty()) << "it is not remembered for half a second";
}

// What a thing was taken for, frame after frame, says nothing against what a person has just
// taught; of a frozen picture there is no other frame that could outvote it.
TEST_F(VideoTest, WhatWasTaughtHasItsNameInTheNextLook) {
    for (const bool moving : {true, false}) {
        network_.class_index = 0;
        after(5);
        wanted_.moving = moving;
        wanted_.look.taught = lesson({moving ? "mug" : "cup"}, 1);
        network_.class_index = 7;
        const auto objects = (moving ? next() : see()).detections.objects;
        ASSERT_EQ(objects.size(), 1U);
        EXPECT_EQ(objects[0].class_index, 7U) << moving;
    }
}

// The network has only looked closer at what it was shown: what is followed stays.
TEST_F(VideoTest, TheSameLessonLearntBetterKeepsWhatIsFollowed) {
    wanted_.look.taught = lesson({"mug"}, 1);
    const auto before = after(5).detections.objects;
    ASSERT_EQ(before.size(), 1U);
    const auto closer = std::make_shared<TaughtClasses>(*wanted_.look.taught);
    closer->classes[0].examples[0].rows = {0.5F};
    wanted_.look.taught = closer;
    const auto same = next().detections.objects;
    ASSERT_EQ(same.size(), 1U);
    EXPECT_EQ(same[0].track, before[0].track);
    // One more example is another lesson.
    wanted_.look.taught = lesson({"mug"}, 2);
    const auto anew = next().detections.objects;
    ASSERT_EQ(anew.size(), 1U);
    EXPECT_NE(anew[0].track, before[0].track);
}

// Nor do the scales come back that a slow computer has no time for.
TEST_F(VideoTest, TheSameLessonLearntBetterGivesBackNoScale) {
    wanted_.look.taught = lesson({"mug"}, 1);
    wanted_.least_fps = 10;
    network_.frame_ms = 0;
    network_.scale_ms = 60;
    after(20);
    const int left = network_.asked.scale_count;
    ASSERT_LT(left, 4);
    const auto closer = std::make_shared<TaughtClasses>(*wanted_.look.taught);
    closer->classes[0].examples[0].rows = {0.5F};
    wanted_.look.taught = closer;
    next();
    EXPECT_EQ(network_.asked.scale_count, left);
    EXPECT_EQ(network_.asked.taught, closer) << "but it is what is looked for";
}

// A folder shown picture by picture: what is in one is not expected in the next.
TEST_F(VideoTest, StillPicturesAreEachShownWhole) {
    frame_.still = true;
    for (int i = 0; i < 4; ++i) {
        network_.box = {100.0 * i, 10, 50, 50};
        const auto objects = next().detections.objects;
        ASSERT_EQ(objects.size(), 1U);
        EXPECT_EQ(objects[0].box, network_.box);
        EXPECT_FALSE(objects[0].track);
    }
}

TEST_F(VideoTest, AnotherSourceStartsAnew) {
    const auto before = after(3).detections.objects;
    frame_.source = 1;
    const auto first = next().detections.objects;
    ASSERT_EQ(first.size(), 1U);
    EXPECT_NE(first[0].track, before.at(0).track);
}

// Seen by sliding back to where a clip begins: an hourglass was an orange, as what had been in its
// place at the end.
TEST_F(VideoTest, WhatWasSeenElsewhereInTheVideoSaysNothing) {
    for (const bool moving : {true, false}) {
        network_.class_index = 7;
        const auto before = after(5).detections.objects;
        ASSERT_EQ(before.size(), 1U);
        wanted_.moving = moving;
        frame_.passage += 1;
        network_.class_index = 3;
        const auto objects = next().detections.objects;
        ASSERT_EQ(objects.size(), 1U) << "at once";
        EXPECT_EQ(objects[0].class_index, 3U) << moving;
        EXPECT_NE(objects[0].track, before[0].track);
        wanted_.moving = true;
    }
}

// What was class 7 is class 6 once the one before it has been forgotten.
TEST_F(VideoTest, AnotherLessonBeginsTracksAnew) {
    network_.class_index = 7;
    const auto before = after(5).detections.objects;
    ASSERT_EQ(before.size(), 1U);
    wanted_.look.taught = std::make_shared<const TaughtClasses>();
    network_.class_index = 6;
    const auto objects = next().detections.objects;
    ASSERT_EQ(objects.size(), 1U) << "at once";
    EXPECT_EQ(objects[0].class_index, 6U);
    EXPECT_NE(objects[0].track, before[0].track);
}

TEST_F(VideoTest, HoldsTheFloorAndSaysWhatItLeftOut) {
    network_.frame_ms = 110;
    network_.scale_ms = 40;
    EXPECT_EQ(after(60).left_out, (LeftOut{.scales = 3, .fine_steps = 0}));
    EXPECT_EQ(network_.asked.scale_count, 1);

    // A picture at rest gets everything again.
    wanted_.moving = false;
    EXPECT_EQ(next().left_out, LeftOut{});
    EXPECT_EQ(network_.asked.scale_count, 4);
}

TEST_F(VideoTest, WithoutAFloorNothingIsLeftOut) {
    wanted_.least_fps = 0;
    network_.frame_ms = 2000;
    for (int i = 0; i < 60; ++i)
        EXPECT_EQ(next().left_out, LeftOut{});
}

// A camera in the dark gives seven frames a second: with fewer scales it would give no more.
TEST_F(VideoTest, TheFloorIsNoHigherThanWhatTheSourceGives) {
    network_.frame_ms = 20;
    network_.scale_ms = 25;
    source_fps_ = 7;
    EXPECT_EQ(after(60).left_out, LeftOut{});
    source_fps_ = 30;
    EXPECT_NE(after(20).left_out, LeftOut{});
    source_fps_ = 2;
    EXPECT_EQ(after(100).left_out, LeftOut{}) << "and what was left out comes back";
}

TEST_F(VideoTest, ANetworkThatCannotSlideLosesNothing) {
    network_.network.fine_steps_available = 0;
    network_.network.dense.fidelity = net::DenseFidelity::kClassificationOnly;
    video_.setNetwork(network_.info());
    network_.frame_ms = 900;
    // Not for a moment, either: what saves nothing is given back, but only after it was tried.
    for (int i = 0; i < 60; ++i)
        ASSERT_EQ(next().left_out, LeftOut{}) << i;
}

}  // namespace
}  // namespace overfeat::live
