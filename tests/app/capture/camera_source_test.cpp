// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "app/capture/camera_reader.h"
#include "app/capture/running_source.h"
#include "tests/app/capture/fake_camera.h"
#include "tests/app/capture/frame_log.h"
#include "tests/support/stopwatch.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

using namespace std::chrono_literals;
using Settings = FakeCamera::Settings;
using Sends = FakeCamera::Sends;

constexpr const char* kId = "usb-Fake_Cam_3000_0001-video-index0";

class CameraSourceTest : public ::testing::Test {
protected:
    std::unique_ptr<Source> open(const std::string& id = kId) {
        return runSource({SourceKind::kCamera, id}, options_, "camera",
                         makeCameraReader(id, options_, dev_.environment()), log_.sink());
    }
    void plug() { dev_.plug("video0", camera_, kId); }
    void TearDown() override { EXPECT_TRUE(camera_->waitUntilClosed()); }

    overfeat::test::TemporaryFolder folder_;
    FakeDev dev_{folder_.path()};
    std::shared_ptr<FakeCamera> camera_ = std::make_shared<FakeCamera>();
    SourceOptions options_;
    FrameLog log_;
};

int brightness(const FramePtr& frame) {
    return frame->image.row(frame->image.height() / 2)[frame->image.rowBytes() / 2];
}

TEST_F(CameraSourceTest, DeliversFrames) {
    plug();
    const auto source = open();
    ASSERT_TRUE(log_.waitFor(5));
    const SourceStatus status = source->status();
    EXPECT_EQ(status.state, SourceState::kLive);
    EXPECT_EQ(status.name, "Fake Cam 3000");
    EXPECT_EQ(status.size, (SizePx{640, 480}));
    EXPECT_NEAR(brightness(log_.frames()[2]), 100, 3);
    EXPECT_EQ(camera_->counts().buffers, 2U);  // every further one is a frame of delay
}

TEST_F(CameraSourceTest, TheFirstCameraIsTakenIfNoneIsNamed) {
    plug();
    const auto source = open("");
    EXPECT_TRUE(log_.waitFor(1));
}

// Three reasons, three sentences, all with a way back.
TEST_F(CameraSourceTest, BusyForbiddenAndGoneAreSaidDifferently) {
    const auto source = open();
    SourceStatus gone = waitForState(*source, SourceState::kLost);
    EXPECT_NE(gone.sentence.find("is not connected"), std::string::npos) << gone.sentence;
    camera_->set([](Settings& s) { s.busy = true; });
    plug();
    const SourceStatus busy = waitForStatus(*source, [](const SourceStatus& s) {
        return s.sentence.find("another program") != std::string::npos;
    });
    EXPECT_EQ(busy.sentence,
              "The camera 'Fake Cam 3000' is in use by another program; close that program or "
              "choose another source.");
    EXPECT_EQ(busy.state, SourceState::kLost);
    camera_->set([](Settings& s) { s.open_error = EACCES; });
    const SourceStatus forbidden = waitForStatus(*source, [](const SourceStatus& s) {
        return s.sentence.find("group 'video'") != std::string::npos;
    });
    EXPECT_EQ(forbidden.state, SourceState::kLost);
    EXPECT_GT(forbidden.retry_in_s, 5);  // no storm
    EXPECT_EQ(log_.count(), 0U);
}

TEST_F(CameraSourceTest, UnpluggedAndPluggedInAgainElsewhereItGoesOn) {
    plug();
    const auto source = open();
    ASSERT_TRUE(log_.waitFor(3));
    int place = 0;
    const auto comingBack = [&] {
        const std::string old_place = "video" + std::to_string(place);
        const std::string new_place = "video" + std::to_string(++place);
        dev_.unplug(old_place, kId);
        const SourceStatus lost = waitForState(*source, SourceState::kLost);
        EXPECT_EQ(lost.state, SourceState::kLost);
        EXPECT_NE(lost.sentence.find("is not connected"), std::string::npos) << lost.sentence;
        // Another camera takes the old place; it must not be taken for ours.
        const auto other = std::make_shared<FakeCamera>();
        other->set([](Settings& s) { s.brightness = 230; });
        dev_.plug(old_place, other, "usb-Other-in-" + old_place + "-video-index0");
        dev_.plug(new_place, camera_, kId);
        const auto time = overfeat::test::timeOf([&] {
            const SourceStatus live = waitForState(*source, SourceState::kLive);
            EXPECT_EQ(live.state, SourceState::kLive) << live.sentence;
        });
        EXPECT_NEAR(brightness(log_.frames().back()), 100, 3);
        EXPECT_EQ(other->counts().opens, 0);
        return time;
    };
    EXPECT_LT(overfeat::test::shortestOfThree(2s, comingBack), 2s);
}

TEST_F(CameraSourceTest, ACameraThatWasRefusedAndIsPluggedInAnewIsTakenAtOnce) {
    plug();
    for (const int error : {EACCES, EBUSY}) {
        camera_->set([&](Settings& s) { s.open_error = error; });
        const auto reader = makeCameraReader(kId, options_, dev_.environment());
        ASSERT_TRUE(std::holds_alternative<Trouble>(reader->open({})));
        EXPECT_FALSE(reader->worthRetryingNow()) << "nothing has changed";
        dev_.unplug("video0", kId);
        EXPECT_FALSE(reader->worthRetryingNow());
        plug();
        EXPECT_TRUE(reader->worthRetryingNow());
        EXPECT_FALSE(reader->worthRetryingNow()) << "once for each change";
    }
}

// The node is there before udev has given it to the group or to whoever sits at the machine.
TEST_F(CameraSourceTest, ANodeThatHasJustAppearedMayBeForbiddenForAMoment) {
    const auto reader = makeCameraReader(kId, options_, dev_.environment());
    const auto trouble = [&] { return std::get<Trouble>(reader->open({})); };
    EXPECT_EQ(trouble().retry, Retry::kBackOff) << "not connected";
    camera_->set([](Settings& s) { s.open_error = EACCES; });
    plug();
    ASSERT_TRUE(reader->worthRetryingNow());
    const Trouble early = trouble();
    EXPECT_EQ(early.retry, Retry::kBackOff);
    EXPECT_NE(early.sentence.find("not ready yet"), std::string::npos) << early.sentence;
    EXPECT_TRUE(reader->worthRetryingNow()) << "the back-off may have grown long by now";
    EXPECT_FALSE(reader->worthRetryingNow()) << "once for each refusal";
    // That does not last: then a person has to be told.
    Trouble last = early;
    for (int i = 0; i < 10 && last.retry == Retry::kBackOff; ++i)
        last = trouble();
    EXPECT_EQ(last.retry, Retry::kSlowly);
    EXPECT_NE(last.sentence.find("group 'video'"), std::string::npos) << last.sentence;
    EXPECT_FALSE(reader->worthRetryingNow());
    camera_->set([](Settings& s) { s.open_error = 0; });
    EXPECT_TRUE(std::holds_alternative<Opened>(reader->open({})));
}

TEST_F(CameraSourceTest, ACameraNamedByItsNodeIsRememberedByItsName) {
    plug();
    const auto source = open((folder_.path() / "video0").string());
    ASSERT_TRUE(log_.waitFor(1));
    dev_.unplug("video0", kId);
    ASSERT_EQ(waitForState(*source, SourceState::kLost).state, SourceState::kLost);
    dev_.plug("video4", camera_, kId);
    EXPECT_EQ(waitForState(*source, SourceState::kLive).state, SourceState::kLive);
}

TEST_F(CameraSourceTest, AStallIsSeenAndTheStreamIsOpenedAgain) {
    options_.stall_seconds = 0.3;
    plug();
    const auto source = open();
    ASSERT_TRUE(log_.waitFor(3));
    camera_->set([](Settings& s) { s.sends = Sends::kNothing; });
    const SourceStatus stalled = waitForState(*source, SourceState::kStalled);
    ASSERT_EQ(stalled.state, SourceState::kStalled);
    EXPECT_GE(stalled.frame_age_s, 0.3);
    EXPECT_FALSE(stalled.sentence.empty());
    waitForStatus(*source, [&](const SourceStatus&) { return camera_->counts().opens >= 3; });
    EXPECT_GE(camera_->counts().opens, 3);
    EXPECT_EQ(source->status().state, SourceState::kStalled);
    camera_->set([](Settings& s) { s.sends = Sends::kFrames; });
    EXPECT_EQ(waitForState(*source, SourceState::kLive).state, SourceState::kLive);
}

TEST_F(CameraSourceTest, AStallIsSeenEvenIfTheDriverHangs) {
    options_.stall_seconds = 0.3;
    plug();
    const auto source = open();
    ASSERT_TRUE(log_.waitFor(3));
    camera_->set([](Settings& s) { s.hang = true; });
    EXPECT_EQ(waitForState(*source, SourceState::kStalled).state, SourceState::kStalled);
    camera_->set([](Settings& s) { s.hang = false; });
    EXPECT_EQ(waitForState(*source, SourceState::kLive).state, SourceState::kLive);
}

TEST_F(CameraSourceTest, ClosingTakesNoLongerThanAQuarterSecondEvenIfTheDriverHangs) {
    plug();
    const auto closing = [&] {
        auto source = open();
        EXPECT_TRUE(log_.waitFor(log_.count() + 3));
        camera_->set([](Settings& s) { s.hang = true; });
        // Until the reading thread is in the driver for certain: its frame grows old.
        waitForStatus(*source, [](const SourceStatus& s) { return s.frame_age_s > 0.3; });
        const auto time = overfeat::test::timeOf([&] { source.reset(); });
        const std::size_t before = log_.count();
        camera_->set([](Settings& s) { s.hang = false; });
        EXPECT_TRUE(camera_->waitUntilClosed());  // the abandoned thread cleans up behind itself
        EXPECT_EQ(log_.count(), before);          // and delivers nothing
        EXPECT_EQ(camera_->counts().mapped_now, 0);
        return time;
    };
    EXPECT_LT(overfeat::test::shortestOfThree(250ms, closing), 250ms);
}

TEST_F(CameraSourceTest, OpeningDoesNotBlockTheCaller) {
    plug();
    camera_->set([](Settings& s) { s.hang = true; });
    const auto opening = [&] {
        std::unique_ptr<Source> source;
        const auto time = overfeat::test::timeOf([&] { source = open(); });
        EXPECT_EQ(source->status().state, SourceState::kOpening);
        return time;
    };
    EXPECT_LT(overfeat::test::shortestOfThree(100ms, opening), 100ms);
    camera_->set([](Settings& s) { s.hang = false; });
}

TEST_F(CameraSourceTest, DamagedFramesAreCountedAndSkipped) {
    for (const Sends fault :
         {Sends::kGarbage, Sends::kCutJpeg, Sends::kZeroBytes, Sends::kFlagged}) {
        FrameLog log;
        camera_->set([&](Settings& s) { s.sends = Sends::kFrames; });
        if (camera_->counts().opens == 0) plug();
        const auto source =
            runSource({SourceKind::kCamera, kId}, options_, "camera",
                      makeCameraReader(kId, options_, dev_.environment()), log.sink());
        ASSERT_TRUE(log.waitFor(2));
        camera_->set([&](Settings& s) { s.sends = fault; });
        const SourceStatus bad =
            waitForStatus(*source, [](const SourceStatus& s) { return s.damaged >= 5; });
        ASSERT_GE(bad.damaged, 5U) << static_cast<int>(fault);
        EXPECT_EQ(bad.state, SourceState::kLive);
        const std::size_t before = log.count();
        camera_->set([&](Settings& s) { s.sends = Sends::kFrames; });
        EXPECT_TRUE(log.waitFor(before + 2));
        for (const FramePtr& frame : log.frames())
            EXPECT_NEAR(brightness(frame), 100, 3);
    }
}

TEST_F(CameraSourceTest, ShortRawFramesAreNeverReadBeyondTheirEnd) {
    camera_->set([](Settings& s) {
        s.modes = {{.format = V4L2_PIX_FMT_YUYV}};
        s.sends = Sends::kShort;
    });
    plug();
    const auto source = open();
    const SourceStatus status =
        waitForStatus(*source, [](const SourceStatus& s) { return s.damaged >= 3; });
    EXPECT_GE(status.damaged, 3U);
    camera_->set([](Settings& s) { s.sends = Sends::kFrames; });
    ASSERT_TRUE(log_.waitFor(1));
    EXPECT_NEAR(brightness(log_.frames().back()), (100 - 16) * 255 / 219, 3);  // BT.601 range
}

TEST_F(CameraSourceTest, ADriverThatChangesItsSizeIsFollowed) {
    camera_->set([](Settings& s) { s.modes = {{.format = V4L2_PIX_FMT_YUYV}}; });
    plug();
    const auto source = open();
    ASSERT_TRUE(log_.waitFor(2));
    camera_->set([](Settings& s) {
        s.modes = {{.format = V4L2_PIX_FMT_YUYV, .width = 320, .height = 240}};
    });
    const SourceStatus status = waitForStatus(*source, [](const SourceStatus& s) {
        return s.state == SourceState::kLive && s.size.width == 320;
    });
    EXPECT_EQ(status.size, (SizePx{320, 240}));
}

TEST_F(CameraSourceTest, TheModeThatCameIsShownNotTheOneThatWasWanted) {
    camera_->set([](Settings& s) {
        s.modes = {{.width = 352, .height = 288, .fps = 15}, {.width = 640, .height = 480}};
        s.refuses_size = true;
    });
    plug();
    const auto source = open();
    ASSERT_TRUE(log_.waitFor(1));
    EXPECT_EQ(source->status().size, (SizePx{352, 288}));
}

TEST_F(CameraSourceTest, WithoutBandwidthASmallerModeIsTaken) {
    camera_->set([](Settings& s) {
        s.modes = {{.format = V4L2_PIX_FMT_YUYV},
                   {.format = V4L2_PIX_FMT_YUYV, .width = 320, .height = 240},
                   {.format = V4L2_PIX_FMT_YUYV, .width = 160, .height = 120}};
        s.bus_bytes_per_s = 6e6;
    });
    plug();
    const auto source = open();
    ASSERT_TRUE(log_.waitFor(1));
    EXPECT_EQ(source->status().size, (SizePx{320, 240}));
}

TEST_F(CameraSourceTest, WithoutBandwidthForAnythingItSaysSo) {
    camera_->set([](Settings& s) { s.bus_bytes_per_s = 1; });
    plug();
    const auto source = open();
    const SourceStatus status = waitForState(*source, SourceState::kLost);
    EXPECT_NE(status.sentence.find("USB bandwidth"), std::string::npos) << status.sentence;
}

TEST_F(CameraSourceTest, ALoopbackWithoutAWriterHasNoSignalUntilOneComes) {
    camera_->set([](Settings& s) { s.modes.clear(); });
    plug();
    const auto source = open();
    const SourceStatus status = waitForState(*source, SourceState::kLost);
    EXPECT_NE(status.sentence.find("no signal"), std::string::npos) << status.sentence;
    camera_->set([](Settings& s) { s.modes = {{}}; });
    EXPECT_TRUE(log_.waitFor(1));
}

TEST_F(CameraSourceTest, ANodeThatIsNoCameraFails) {
    camera_->set([](Settings& s) { s.caps = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING; });
    plug();
    const auto source = open();
    const SourceStatus status = waitForState(*source, SourceState::kFailed);
    EXPECT_NE(status.sentence.find("is no camera"), std::string::npos) << status.sentence;
}

TEST_F(CameraSourceTest, TimestampsAreMonotonicAndNeverInTheFuture) {
    using Clocking = FakeCamera::Clocking;
    plug();
    const auto source = open();
    for (const Clocking clocking : {Clocking::kDriver, Clocking::kFuture, Clocking::kBackwards,
                                    Clocking::kAncient, Clocking::kOtherClock}) {
        camera_->set([&](Settings& s) { s.clocking = clocking; });
        ASSERT_TRUE(log_.waitFor(log_.count() + 8));
    }
    const auto now = Clock::now();
    Clock::time_point last;
    for (const FramePtr& frame : log_.frames()) {
        EXPECT_GE(frame->captured, last);
        EXPECT_LE(frame->captured, now);
        EXPECT_LT(now - frame->captured, kPatience);
        last = frame->captured;
    }
}

TEST_F(CameraSourceTest, AnErrorOfTheDriverIsRecoveredFrom) {
    plug();
    const auto source = open();
    ASSERT_TRUE(log_.waitFor(2));
    camera_->set([](Settings& s) { s.dequeue_error = EIO; });
    ASSERT_EQ(waitForState(*source, SourceState::kLost).state, SourceState::kLost);
    camera_->set([](Settings& s) { s.dequeue_error = 0; });
    EXPECT_EQ(waitForState(*source, SourceState::kLive).state, SourceState::kLive);
}

TEST_F(CameraSourceTest, PausedItKeepsReadingAndStepsShowTheWorldOfNow) {
    plug();
    const auto source = open();
    ASSERT_TRUE(log_.waitFor(1));
    source->setPaused(true);
    ASSERT_EQ(waitForState(*source, SourceState::kPaused).state, SourceState::kPaused);
    camera_->set([](Settings& s) { s.brightness = 180; });
    const std::size_t before = log_.count();
    // Frames already on their way may still be dark; the driver holds two.
    for (std::size_t step = 1; step <= 4; ++step) {
        source->step();
        ASSERT_TRUE(log_.waitFor(before + step));
    }
    EXPECT_EQ(log_.count(), before + 4);
    EXPECT_NEAR(brightness(log_.frames().back()), 180, 3);
    dev_.unplug("video0", kId);
    EXPECT_EQ(waitForState(*source, SourceState::kLost).state, SourceState::kLost);
}

}  // namespace
}  // namespace overfeat::capture::test
