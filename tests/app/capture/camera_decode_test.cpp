// SPDX-License-Identifier: Apache-2.0
#include "app/capture/camera_decode.h"

#include <gtest/gtest.h>
#include <linux/videodev2.h>

#include "app/capture/capture_clock.h"
#include "tests/app/capture/made_files.h"

namespace overfeat::capture::test {
namespace {

using namespace std::chrono_literals;

// Bytes in memory that ends where they end, so that a sanitizer sees every read beyond.
std::vector<std::uint8_t> tight(const Bytes& bytes) {
    return {bytes.begin(), bytes.end()};
}

struct RawCase {
    std::uint32_t format;
    const char* name;
    Bytes pixels;  // 2x2, all of one red; limited-range BT.601 where it is YUV
};
const RawCase kRaw[] = {
    {V4L2_PIX_FMT_YUYV, "YUYV", Bytes("\x51\x5A\x51\xF0\x51\x5A\x51\xF0")},
    {V4L2_PIX_FMT_UYVY, "UYVY", Bytes("\x5A\x51\xF0\x51\x5A\x51\xF0\x51")},
    {V4L2_PIX_FMT_NV12, "NV12", Bytes("\x51\x51\x51\x51\x5A\xF0")},
    {V4L2_PIX_FMT_YUV420, "I420", Bytes("\x51\x51\x51\x51\x5A\xF0")},
    {V4L2_PIX_FMT_YVU420, "YV12", Bytes("\x51\x51\x51\x51\xF0\x5A")},
    {V4L2_PIX_FMT_RGB24, "RGB", Bytes("\xFE\0\0\xFE\0\0\xFE\0\0\xFE\0\0", 12)},
    {V4L2_PIX_FMT_BGR24, "BGR", Bytes("\0\0\xFE\0\0\xFE\0\0\xFE\0\0\xFE", 12)},
};

TEST(CameraDecoder, RedIsRedInEveryFormat) {
    FramePool pool;
    for (const RawCase& c : kRaw) {
        const auto frame = decodeCameraFrame({c.format, {2, 2}, 0}, tight(c.pixels), pool);
        ASSERT_TRUE(frame) << c.name;
        const std::uint8_t* last = frame->image.row(1) + 3;
        EXPECT_GT(last[0], 245) << c.name;
        EXPECT_LT(last[1], 10) << c.name;
        EXPECT_LT(last[2], 10) << c.name;
    }
}

TEST(CameraDecoder, EveryMissingByteIsNoticed) {
    FramePool pool;
    for (const RawCase& c : kRaw) {
        for (std::size_t length = 0; length < c.pixels.size(); ++length) {
            EXPECT_FALSE(
                decodeCameraFrame({c.format, {2, 2}, 0}, tight(c.pixels.substr(0, length)), pool))
                << c.name << " " << length;
        }
    }
    JpegParts parts;
    parts.blocks = {{100, 128, 128}};
    const Bytes jpeg = jpegFile(parts);
    ASSERT_TRUE(decodeCameraFrame({V4L2_PIX_FMT_MJPEG, {8, 8}, 0}, tight(jpeg), pool));
    for (std::size_t length = 0; length < jpeg.size(); ++length) {
        EXPECT_FALSE(
            decodeCameraFrame({V4L2_PIX_FMT_MJPEG, {8, 8}, 0}, tight(jpeg.substr(0, length)), pool))
            << length;
    }
}

TEST(CameraDecoder, RowsMayBePadded) {
    FramePool pool;
    const Bytes row("\x51\x5A\x51\xF0");
    const Bytes padded = row + Bytes(12, '\0') + row;  // the last row without its padding
    const auto frame = decodeCameraFrame({V4L2_PIX_FMT_YUYV, {2, 2}, 16}, tight(padded), pool);
    ASSERT_TRUE(frame);
    EXPECT_GT(frame->image.row(1)[0], 245);
}

TEST(CameraDecoder, ImpossibleFormatsGiveNothing) {
    FramePool pool;
    const auto bytes = tight(Bytes(64, '\x51'));
    EXPECT_FALSE(decodeCameraFrame({V4L2_PIX_FMT_NV12, {3, 3}, 0}, bytes, pool));
    EXPECT_FALSE(decodeCameraFrame({V4L2_PIX_FMT_YUYV, {0, 0}, 0}, bytes, pool));
    EXPECT_FALSE(decodeCameraFrame({V4L2_PIX_FMT_H264, {2, 2}, 0}, bytes, pool));
    EXPECT_FALSE(canDecode(V4L2_PIX_FMT_H264));
}

TEST(CaptureClock, BelievesOnlyWhatIsPlausible) {
    CaptureClock clock;
    const Clock::time_point now{1000s};
    EXPECT_EQ(clock.taken(now - 20ms, now), now - 20ms);
    EXPECT_EQ(clock.taken(now + 1h, now + 33ms), now + 33ms);  // in the future
    EXPECT_EQ(clock.taken(now - 1h, now + 66ms), now + 66ms);  // ancient
    EXPECT_EQ(clock.taken(now, now + 99ms), now + 66ms);       // backwards: stands still
    EXPECT_EQ(clock.taken(std::nullopt, now + 132ms), now + 132ms);
}

TEST(FramePool, MemoryComesBackAndIdsGrow) {
    FramePool pool;
    auto first = pool.take({8, 8});
    const std::uint64_t id = first->id;
    const std::uint8_t* pixels = first->image.row(0);
    EXPECT_NE(pool.take({8, 8})->image.row(0), pixels);  // still in use
    first.reset();
    const auto again = pool.take({8, 8});
    EXPECT_EQ(again->image.row(0), pixels);
    EXPECT_GT(again->id, id);
    EXPECT_EQ(pool.take({4, 2})->image.size(), (SizePx{4, 2}));
}

TEST(FramePool, FramesOutliveIt) {
    FramePtr kept;
    {
        FramePool pool;
        kept = pool.take({3, 3});
    }
    EXPECT_EQ(kept->image.size(), (SizePx{3, 3}));
}

}  // namespace
}  // namespace overfeat::capture::test
