// SPDX-License-Identifier: Apache-2.0
#include "app/live/source/source_controller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <utility>

#include "app/live/base/text.h"
#include "tests/app/live/fakes.h"

namespace overfeat::app {
namespace {

class SourceControllerTest : public ::testing::Test {
protected:
    SourceControllerTest() {
        QObject::connect(&controller_, &SourceController::choicesChanged,
                         [this](const QList<ui::Choice>& choices, const QString& current) {
                             choices_ = choices;
                             current_ = current;
                         });
        QObject::connect(&controller_, &SourceController::frameArrived, [this] { ++frames_; });
        QObject::connect(&controller_, &SourceController::messageWanted,
                         [this](const ui::MessageView& message) {
                             said_.erase(message.subject);
                             said_.emplace(message.subject, message);
                             ++times_said_;
                         });
        QObject::connect(
            &controller_, &SourceController::messageOutdated, [this](const QString& action) {
                std::erase_if(said_, [&](const auto& said) { return offers(said.second, action); });
            });
    }
    static bool offers(const ui::MessageView& message, const QString& action) {
        return std::ranges::any_of(message.actions, [&](const ui::MessageAction& offered) {
            return offered.id == action;
        });
    }
    // Whether a message that is on the screen offers it, as the window keeps them.
    bool offered(const char* action) const {
        return std::ranges::any_of(said_,
                                   [&](const auto& said) { return offers(said.second, action); });
    }
    bool runs(const std::string& target) {
        return test::waitFor([&] { return current_ == idOf(target); });
    }
    bool seesFrames() {
        const int before = frames_;
        return test::waitFor([&] { return frames_ > before; });
    }
    // Cameras come or go, and are listed anew: each with this problem.
    void list(std::vector<capture::CameraInfo> cameras, const std::string& problem) {
        for (capture::CameraInfo& camera : cameras)
            camera.problem = problem;
        std::thread([&] {
            const std::scoped_lock lock(world_->mutex);
            world_->cameras = cameras;
            world_->cameras_changed();
        }).join();
    }
    QString problemOf(const std::string& target) const {
        const auto found = std::ranges::find(choices_, idOf(target), &ui::Choice::id);
        return found == choices_.end() ? QString("not listed") : found->problem;
    }

    std::shared_ptr<test::World> world_ = std::make_shared<test::World>();
    Parts parts_ = test::fakeParts(world_);
    Worker worker_;
    QList<ui::Choice> choices_;
    QString current_;
    int frames_ = 0;
    std::map<QString, ui::MessageView> said_;  // by subject
    int times_said_ = 0;
    SourceController controller_{parts_, worker_, [](const FramePtr&) {}};
};

// The list is made anew when cameras come or go, and finds the one that runs here occupied: by us.
TEST_F(SourceControllerTest, TheCameraThatRunsIsNotInUseByAnotherProgram) {
    const std::string busy = "It is in use by another program.";
    const std::vector<capture::CameraInfo> cameras = {
        {"cam", "fake", "/dev/video0", {"640x480"}, ""},
        {"other", "Other camera", "/dev/video2", {"640x480"}, ""}};
    controller_.start("camera:cam", {}, {});
    for (const char* named : {"camera:cam", "camera:/dev/video0", "camera:"}) {
        controller_.open(named);
        ASSERT_TRUE(test::waitFor([&] { return current_ == idOf(named); }));
        ASSERT_TRUE(seesFrames());
        list(cameras, {});
        ASSERT_TRUE(test::waitFor([&] { return problemOf("camera:other").isEmpty(); }));
        list(cameras, busy);
        ASSERT_TRUE(test::waitFor([&] { return !problemOf("camera:other").isEmpty(); }));
        EXPECT_EQ(problemOf("camera:cam"), "") << named;
        // Nor once another source has been chosen, so that there is a way back.
        controller_.open("/good.mp4");
        ASSERT_TRUE(test::waitFor([&] { return current_ == idOf("/good.mp4"); }));
        EXPECT_EQ(problemOf("camera:cam"), "") << named;
    }
    // While others run, it is what the list says.
    list(cameras, busy);
    EXPECT_TRUE(test::waitFor([&] { return problemOf("camera:cam") == busy.c_str(); }));
}

// A camera that another program has is not free because it is being tried.
TEST_F(SourceControllerTest, ACameraThatGivesNoPictureIsNotOurs) {
    const std::string busy = "It is in use by another program.";
    controller_.start("camera:silent", {}, {});
    ASSERT_TRUE(test::waitFor([&] { return current_ == idOf("camera:silent"); }));
    list({{"silent", "fake", "/dev/video0", {"640x480"}, ""}}, busy);
    ASSERT_TRUE(test::waitFor([&] { return problemOf("camera:silent") == busy.c_str(); }));
    controller_.open("/silent-2.mp4");  // another look at the list
    ASSERT_TRUE(test::waitFor([&] { return current_ == idOf("/silent-2.mp4"); }));
    EXPECT_EQ(problemOf("camera:silent"), busy.c_str());
}

TEST_F(SourceControllerTest, WithoutACameraTryingAgainLooksForOne) {
    controller_.start({}, {}, {});
    ASSERT_TRUE(runs("demo"));
    ASSERT_TRUE(test::waitFor([&] { return offered(SourceController::kTryAgain); }));
    const int said = times_said_;
    ASSERT_TRUE(controller_.act(SourceController::kTryAgain));
    ASSERT_TRUE(test::waitFor([&] { return times_said_ > said; })) << "there is still none";
    EXPECT_TRUE(offered(SourceController::kTryAgain));
    list({{"cam", "fake", "/dev/video0", {"640x480"}, ""}}, {});
    ASSERT_TRUE(controller_.act(SourceController::kTryAgain));
    EXPECT_TRUE(runs("camera:cam"));
    EXPECT_FALSE(offered(SourceController::kTryAgain));
}

TEST_F(SourceControllerTest, WhatIsSaidOfALostCameraGoesWithIt) {
    controller_.start("camera:cam", {}, {});
    ASSERT_TRUE(seesFrames());
    world_->unplugged = true;
    ASSERT_TRUE(test::waitFor([&] { return offered(SourceController::kTryAgain); }));
    controller_.open("/good.mp4");
    ASSERT_TRUE(runs("/good.mp4"));
    EXPECT_TRUE(said_.empty());
}

// A server that answers and gives nothing is tried again and again: one sentence, not one a try.
TEST_F(SourceControllerTest, ATryIsNotAReturn) {
    controller_.start("camera:cam", {}, {});
    ASSERT_TRUE(seesFrames());
    int polls = 0;
    QObject::connect(&controller_, &SourceController::statusChanged, [&] { ++polls; });
    world_->unplugged = true;
    ASSERT_TRUE(test::waitFor([&] { return offered(SourceController::kTryAgain); }));
    for (const bool trying : {true, false, true, false}) {
        world_->reopening = trying;
        const int before = polls;
        ASSERT_TRUE(test::waitFor([&] { return polls > before + 1; }));
        EXPECT_TRUE(offered(SourceController::kTryAgain));
    }
    EXPECT_EQ(times_said_, 1);
    world_->unplugged = false;
    EXPECT_TRUE(test::waitFor([&] { return said_.empty(); }));
}

TEST_F(SourceControllerTest, LosingTheCameraLeavesTheCancelOfWhatIsBeingOpened) {
    controller_.start("camera:cam", {}, {});
    ASSERT_TRUE(seesFrames());
    controller_.open("/silent.mp4");
    ASSERT_TRUE(test::waitFor([&] { return offered(SourceController::kCancelOpening); }));
    world_->unplugged = true;
    ASSERT_TRUE(test::waitFor([&] { return offered(SourceController::kTryAgain); }));
    EXPECT_TRUE(offered(SourceController::kCancelOpening));
    ASSERT_TRUE(controller_.act(SourceController::kCancelOpening));
    EXPECT_FALSE(offered(SourceController::kCancelOpening));
    EXPECT_TRUE(offered(SourceController::kTryAgain));
}

// A path on a dead drive: nobody answers, and nothing has been opened yet.
TEST_F(SourceControllerTest, APathThatHangsCanBeCancelled) {
    controller_.start("/good.mp4", {}, {});
    ASSERT_TRUE(seesFrames());
    std::atomic<bool> hangs = true;
    const auto parse = parts_.parse_source;
    parts_.parse_source = [&hangs, parse](const std::string& text) {
        hangs.wait(true);
        return parse(text);
    };
    controller_.open("/dead/video.mp4");
    ASSERT_TRUE(test::waitFor([&] { return offered(SourceController::kCancelOpening); }));
    ASSERT_TRUE(controller_.act(SourceController::kCancelOpening));
    EXPECT_TRUE(said_.empty());
    hangs = false;
    hangs.notify_all();
    EXPECT_TRUE(seesFrames());
    EXPECT_EQ(current_, idOf("/good.mp4"));
}

// A camera that is being opened and then fails has nothing to do with what was asked for after it.
TEST_F(SourceControllerTest, AnEarlierOpeningLeavesTheCancelOfALaterOne) {
    int polls = 0;
    QObject::connect(&controller_, &SourceController::statusChanged, [&] { ++polls; });
    controller_.start("/good.mp4", {}, {});
    ASSERT_TRUE(seesFrames());
    controller_.open("camera:silent");
    ASSERT_TRUE(test::waitFor([&] { return offered(SourceController::kCancelOpening); }));
    std::atomic<bool> hangs = true;
    const auto parse = parts_.parse_source;
    parts_.parse_source = [&hangs, parse](const std::string& text) {
        hangs.wait(true);
        return parse(text);
    };
    controller_.open("/dead/video.mp4");
    ASSERT_TRUE(test::waitFor([&] { return offered(SourceController::kCancelOpening); }));
    world_->unplugged = true;
    const int before = polls;
    ASSERT_TRUE(test::waitFor([&] { return polls > before + 1; }));
    EXPECT_TRUE(offered(SourceController::kCancelOpening));
    EXPECT_FALSE(offered(SourceController::kTryAgain)) << "nobody waits for that camera any more";
    ASSERT_TRUE(controller_.act(SourceController::kCancelOpening));
    hangs = false;
    hangs.notify_all();
    EXPECT_TRUE(seesFrames());
    EXPECT_EQ(current_, idOf("/good.mp4"));
}

// "Try again" for the first camera while something else is being opened: that one is given up.
TEST_F(SourceControllerTest, LookingForACameraGivesUpWhatIsBeingOpened) {
    controller_.start("/good.mp4", {}, {});
    ASSERT_TRUE(seesFrames());
    controller_.open("/silent.mp4");
    ASSERT_TRUE(test::waitFor([&] { return offered(SourceController::kCancelOpening); }));
    ASSERT_TRUE(controller_.act(SourceController::kTryAgain));
    EXPECT_FALSE(offered(SourceController::kCancelOpening));
    EXPECT_TRUE(test::waitFor([&] { return offered(SourceController::kTryAgain); }))
        << "there is none";
    EXPECT_FALSE(offered(SourceController::kCancelOpening));
}

// It stands where it has just been chosen again: nothing else takes its place any more.
TEST_F(SourceControllerTest, WhatRunsStaysWhenOpeningIsGivenUp) {
    controller_.start("/good.mp4", {}, {});
    ASSERT_TRUE(seesFrames());
    bool pasted = false;
    QObject::connect(&controller_, &SourceController::frameArrived,
                     [&](const FramePtr& frame) { pasted = frame->still; });
    controller_.openPicture(Image(SizePx{8, 8}));
    ASSERT_TRUE(test::waitFor([&] { return pasted; }));
    controller_.open("/silent.mp4");
    ASSERT_TRUE(test::waitFor([&] { return offered(SourceController::kCancelOpening); }));
    controller_.cancelOpening();
    EXPECT_FALSE(offered(SourceController::kCancelOpening));
    EXPECT_EQ(current_, idOf(""));
}

}  // namespace
}  // namespace overfeat::app
