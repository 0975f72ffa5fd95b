// SPDX-License-Identifier: Apache-2.0
#include "app/live/source/source_controller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

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

}  // namespace
}  // namespace overfeat::app
