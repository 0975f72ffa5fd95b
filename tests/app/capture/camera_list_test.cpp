// SPDX-License-Identifier: Apache-2.0
#include "app/capture/camera_list.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>

#include "app/capture/camera_modes.h"
#include "app/capture/camera_stream.h"
#include "tests/app/capture/fake_camera.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

using Settings = FakeCamera::Settings;

class CameraListTest : public ::testing::Test {
protected:
    std::shared_ptr<FakeCamera> plug(const std::string& node, const std::string& by_id = {}) {
        auto camera = std::make_shared<FakeCamera>();
        dev_.plug(node, camera, by_id);
        return camera;
    }
    std::vector<CameraInfo> list() { return listCameras(dev_.environment()); }

    overfeat::test::TemporaryFolder folder_;
    FakeDev dev_{folder_.path()};
};

TEST_F(CameraListTest, NoCameraIsAnEmptyList) {
    EXPECT_TRUE(list().empty());
    EXPECT_TRUE(listCameras({.dev = "/no/such/folder", .sys = "/no", .makeDevice = {}}).empty());
}

TEST_F(CameraListTest, NamesIdsAndModes) {
    plug("video0", "usb-A-video-index0");
    plug("video10")->set([](Settings& s) {
        s.card = "Second\x1B[31m";
        s.modes = {{.format = V4L2_PIX_FMT_YUYV, .width = 160, .height = 120, .fps = 15}};
    });
    plug("video2");
    const auto cameras = list();
    ASSERT_EQ(cameras.size(), 3U);
    EXPECT_EQ(cameras[0].id, "usb-A-video-index0");
    EXPECT_EQ(cameras[0].name, "Fake Cam 3000");
    EXPECT_EQ(cameras[0].modes, std::vector<std::string>{"640x480 30 fps MJPG"});
    EXPECT_EQ(cameras[0].problem, "");
    EXPECT_EQ(cameras[1].device, (folder_.path() / "video2").string());
    EXPECT_EQ(cameras[1].id, cameras[1].device);  // no stable name exists
    EXPECT_EQ(cameras[2].name, "Second[31m");     // no terminal escapes
    EXPECT_EQ(cameras[2].modes, std::vector<std::string>{"160x120 15 fps YUYV"});
}

TEST_F(CameraListTest, MetadataAndOutputNodesAreLeftOut) {
    plug("video0");
    plug("video1")->set([](Settings& s) { s.caps = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING; });
    plug("video2")->set([](Settings& s) { s.caps = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING; });
    ASSERT_EQ(list().size(), 1U);
    EXPECT_EQ(list()[0].device, (folder_.path() / "video0").string());
}

TEST_F(CameraListTest, ProblemsAreSaidWithoutStartingAnything) {
    plug("video0")->set([](Settings& s) { s.busy = true; });
    plug("video1")->set([](Settings& s) { s.open_error = EACCES; });
    std::filesystem::create_directories(folder_.path() / "sys" / "video1");
    std::ofstream(folder_.path() / "sys" / "video1" / "name") << "Closed Cam\n";
    const auto cameras = list();
    ASSERT_EQ(cameras.size(), 2U);
    EXPECT_NE(cameras[0].problem.find("another program"), std::string::npos);
    EXPECT_EQ(cameras[1].name, "Closed Cam");
    EXPECT_NE(cameras[1].problem.find("group 'video'"), std::string::npos);
}

// Whoever streams, also this very program: only the list's reader can know that.
TEST_F(CameraListTest, ACameraThatStreamsIsBusyUntilItIsClosed) {
    plug("video0");
    const auto environment = dev_.environment();
    CameraStream stream(environment.makeDevice());
    ASSERT_EQ(stream.open(folder_.path() / "video0"), 0);
    EXPECT_EQ(list().at(0).problem, "");
    ASSERT_EQ(stream.start({640, 480}, 30), 0);
    EXPECT_NE(list().at(0).problem.find("another program"), std::string::npos);
    CameraStream second(environment.makeDevice());
    ASSERT_EQ(second.open(folder_.path() / "video0"), 0);
    EXPECT_EQ(second.start({640, 480}, 30), EBUSY);
    CameraStream::Filled filled;
    EXPECT_EQ(stream.take(20'000, filled), 0) << "which disturbs nobody";
    stream.stop();
    EXPECT_EQ(list().at(0).problem, "");
}

TEST_F(CameraListTest, AMetadataNodeThatMayNotBeOpenedIsLeftOutToo) {
    plug("video1")->set([](Settings& s) { s.open_error = EACCES; });
    std::filesystem::create_directories(folder_.path() / "sys" / "video1");
    std::ofstream(folder_.path() / "sys" / "video1" / "index") << "1\n";
    EXPECT_TRUE(list().empty());
}

TEST_F(CameraListTest, TwoEqualCamerasKeepTheirOwnNames) {
    plug("video0", "usb-Same_1-video-index0");
    plug("video2", "usb-Same_2-video-index0");
    dev_.unplug("video0", "usb-Same_1-video-index0");
    const auto environment = dev_.environment();
    EXPECT_TRUE(findCamera(environment, "usb-Same_1-video-index0").empty());
    EXPECT_EQ(findCamera(environment, "usb-Same_2-video-index0"),
              std::filesystem::canonical(folder_.path() / "video2"));
}

TEST_F(CameraListTest, OnePortNameServesWhereTwoCamerasShareAnId) {
    plug("video0");
    const auto links = folder_.path() / "v4l" / "by-path";
    std::filesystem::create_directories(links);
    std::filesystem::create_symlink("../../video0", links / "pci-0-usb-0:1-video-index0");
    EXPECT_EQ(list().at(0).id, "pci-0-usb-0:1-video-index0");
    EXPECT_FALSE(findCamera(dev_.environment(), "pci-0-usb-0:1-video-index0").empty());
}

TEST(CameraTrouble, SentencesDiffer) {
    const auto say = [](int error) { return cameraTrouble("X", error); };
    EXPECT_EQ(say(EBUSY),
              "The camera 'X' is in use by another program; close that program or choose another "
              "source.");
    EXPECT_NE(say(EACCES), say(EBUSY));
    EXPECT_NE(say(ENODEV), say(EBUSY));
    EXPECT_NE(say(ENODEV), say(EACCES));
    EXPECT_NE(say(EIO).find("Input/output error"), std::string::npos);
}

TEST(NearestModes, SizeFirstThenRateThenMjpg) {
    const auto mode = [](std::uint32_t format, int width, int height, double fps) {
        CameraMode result;
        result.format = format;
        result.size = {width, height};
        result.fps = fps;
        return result;
    };
    const auto mjpg = V4L2_PIX_FMT_MJPEG;
    const auto yuyv = V4L2_PIX_FMT_YUYV;
    const auto best = nearestModes(
        {mode(yuyv, 1280, 720, 10), mode(mjpg, 1280, 720, 30), mode(yuyv, 640, 480, 30),
         mode(mjpg, 640, 480, 30), mode(mjpg, 640, 480, 5), mode(mjpg, 160, 120, 30)},
        {640, 480}, 30);
    EXPECT_EQ(best[0], mode(mjpg, 640, 480, 30));
    EXPECT_EQ(best[1], mode(yuyv, 640, 480, 30));
    EXPECT_EQ(nearestModes(best, {1280, 720}, 30)[0], mode(mjpg, 1280, 720, 30));
    EXPECT_EQ(nearestModes(best, {100, 100}, 30)[0], mode(mjpg, 160, 120, 30));
    EXPECT_TRUE(nearestModes({}, {640, 480}, 30).empty());
}

TEST(CameraModes, RangesOfSizesAreClampedAndStepped) {
    // A loopback device: any size in steps.
    class Range final : public V4l2Device {
    public:
        int open(const std::filesystem::path&) override { return 0; }
        int ioctl(unsigned long request, void* argument) override {
            if (request == VIDIOC_ENUM_FMT) {
                auto& entry = *static_cast<v4l2_fmtdesc*>(argument);
                entry.pixelformat = V4L2_PIX_FMT_YUYV;
                return entry.index == 0 ? 0 : EINVAL;
            }
            if (request == VIDIOC_ENUM_FRAMESIZES) {
                auto& entry = *static_cast<v4l2_frmsizeenum*>(argument);
                entry.type = V4L2_FRMSIZE_TYPE_STEPWISE;
                entry.stepwise = {32, 320, 16, 20, 200, 8};
                return 0;
            }
            return EINVAL;
        }
        int wait(int) override { return EAGAIN; }
        void* map(std::size_t, std::int64_t) override { return nullptr; }
        void unmap(void*, std::size_t) noexcept override {}
        void close() noexcept override {}
    };
    Range device;
    EXPECT_EQ(cameraModes(device, {640, 480}).at(0).size, (SizePx{320, 196}));
    EXPECT_EQ(cameraModes(device, {101, 101}).at(0).size, (SizePx{96, 100}));
    EXPECT_EQ(cameraModes(device, {1, 1}).at(0).size, (SizePx{32, 20}));
}

}  // namespace
}  // namespace overfeat::capture::test
