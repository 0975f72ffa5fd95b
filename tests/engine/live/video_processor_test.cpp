// SPDX-License-Identifier: Apache-2.0
#include "engine/live/video_processor.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace overfeat::live {
namespace {

// Sees one object per frame and takes as long as it is told.
struct Script {
    RectPx box{10, 10, 50, 50};
    double frame_ms = 10;
    bool sees = true;
    std::vector<detect::RecogniserOptions> configured;
};

class Scripted final : public Processor {
public:
    explicit Scripted(std::shared_ptr<Script> script) : script_(std::move(script)) {}
    Recognition process(const Frame&, std::stop_token) override {
        Recognition seen;
        seen.timings.add(Stage::kNetwork, script_->frame_ms);
        if (script_->sees) {
            Detection object;
            object.box = script_->box;
            object.score = 0.5F;
            seen.detections.objects.push_back(object);
        }
        return seen;
    }
    void configure(const detect::RecogniserOptions& options) override {
        script_->configured.push_back(options);
    }
    Recognition examine(const Frame& frame, const detect::RecogniserOptions&,
                        std::stop_token stop) override {
        return process(frame, std::move(stop));
    }
    detect::RecogniserInfo info() const override {
        detect::RecogniserInfo info;
        info.fine_steps_available = 1;
        return info;
    }

private:
    std::shared_ptr<Script> script_;
};

class VideoProcessorTest : public ::testing::Test {
protected:
    VideoProcessorTest() {
        wanted_.scale_count = 4;
        processor_ = makeVideoProcessor(std::make_unique<Scripted>(script_), wanted_, controls_);
    }
    Recognition next() {
        frame_.id += 1;
        frame_.captured += std::chrono::milliseconds(33);
        return processor_->process(frame_, {});
    }

    std::shared_ptr<Script> script_ = std::make_shared<Script>();
    std::shared_ptr<VideoControls> controls_ = std::make_shared<VideoControls>();
    detect::RecogniserOptions wanted_;
    std::unique_ptr<Processor> processor_;
    Frame frame_;
};

TEST_F(VideoProcessorTest, TheFirstFrameShowsAllItsObjectsAtOnce) {
    const auto objects = next().detections.objects;
    ASSERT_EQ(objects.size(), 1U);
    EXPECT_FALSE(objects[0].track);
}

TEST_F(VideoProcessorTest, APictureThatIsExaminedLeavesNoTrace) {
    next();
    next();
    const auto before = next().detections.objects;
    const auto configured = script_->configured.size();
    script_->box = {200, 200, 50, 50};
    script_->frame_ms = 900;
    for (int i = 0; i < 10; ++i) {
        const Recognition examined = processor_->examine(frame_, wanted_, {});
        ASSERT_EQ(examined.detections.objects.size(), 1U);
        EXPECT_FALSE(examined.detections.objects[0].track);
    }
    script_->box = {10, 10, 50, 50};
    script_->frame_ms = 10;
    const Recognition after = next();
    ASSERT_EQ(after.detections.objects.size(), 1U);
    EXPECT_EQ(after.detections.objects[0].track, before.at(0).track);
    EXPECT_EQ(after.left_out, LeftOut{}) << "its time does not count";
    EXPECT_EQ(script_->configured.size(), configured);
}

TEST_F(VideoProcessorTest, LaterFramesAreFollowed) {
    next();
    next();
    const auto third = next().detections.objects;
    const auto fourth = next().detections.objects;
    ASSERT_EQ(third.size(), 1U);
    ASSERT_EQ(fourth.size(), 1U);
    ASSERT_TRUE(third[0].track);
    EXPECT_EQ(third[0].track, fourth[0].track);
}

TEST_F(VideoProcessorTest, AFlashIsNotShownUnlessSteadyIsOff) {
    script_->sees = false;
    next();
    next();
    script_->sees = true;
    EXPECT_TRUE(next().detections.objects.empty());
    controls_->steady = false;
    EXPECT_EQ(next().detections.objects.size(), 1U);
}

TEST_F(VideoProcessorTest, APausedPictureAndOneLookedAtAgainAreShownWhole) {
    script_->sees = false;
    next();
    next();
    script_->sees = true;
    controls_->running = false;
    EXPECT_EQ(next().detections.objects.size(), 1U);
    controls_->running = true;
    EXPECT_EQ(processor_->process(frame_, {}).detections.objects.size(), 1U);
}

// A folder shown picture by picture: what is in one is not expected in the next.
TEST_F(VideoProcessorTest, StillPicturesAreEachShownWhole) {
    frame_.still = true;
    for (int i = 0; i < 4; ++i) {
        script_->box = {100.0 * i, 10, 50, 50};
        const auto objects = next().detections.objects;
        ASSERT_EQ(objects.size(), 1U);
        EXPECT_EQ(objects[0].box, script_->box);
        EXPECT_FALSE(objects[0].track);
    }
}

TEST_F(VideoProcessorTest, AnotherSourceStartsAnew) {
    next();
    next();
    next();
    controls_->sequence = 1;
    const auto first = next().detections.objects;
    ASSERT_EQ(first.size(), 1U);
    EXPECT_FALSE(first[0].track);
}

TEST_F(VideoProcessorTest, HoldsTheFloorAndSaysWhatItLeftOut) {
    script_->frame_ms = 300;
    Recognition seen;
    for (int i = 0; i < 60; ++i)
        seen = next();
    EXPECT_EQ(seen.left_out, (LeftOut{.scales = 3, .fine_steps = 0}));
    ASSERT_FALSE(script_->configured.empty());
    EXPECT_EQ(script_->configured.back().scale_count, 1);

    // A still picture gets everything again.
    controls_->running = false;
    EXPECT_EQ(next().left_out, LeftOut{});
    EXPECT_EQ(script_->configured.back().scale_count, 4);
}

TEST_F(VideoProcessorTest, WithoutAFloorNothingIsLeftOut) {
    controls_->least_fps = 0;
    script_->frame_ms = 2000;
    for (int i = 0; i < 60; ++i)
        EXPECT_EQ(next().left_out, LeftOut{});
    EXPECT_TRUE(script_->configured.empty());
}

}  // namespace
}  // namespace overfeat::live
