// SPDX-License-Identifier: Apache-2.0
// Pictures, videos and cameras look alike until their second frame.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/app/capture/frame_log.h"
#include "tests/app/capture/local_server.h"
#include "tests/app/capture/made_files.h"

namespace overfeat::capture::test {
namespace {

using namespace std::chrono_literals;

void expectNoStills(const FrameLog& log, std::size_t from = 0) {
    const auto frames = log.frames();
    for (std::size_t i = from; i < frames.size(); ++i)
        EXPECT_FALSE(frames[i]->still) << "frame " << i;
}

// It gives one frame and does not say so: the same answer twice is a picture.
TEST(StreamKind, ThePictureOfAnAddressRests) {
    JpegParts parts;
    parts.blocks = {{150, 128, 128}};
    const Bytes jpeg = jpegFile(parts);
    LocalServer server(fileServer(jpeg, jpeg.size()));
    FrameLog log;
    auto source = openStream(server.url(), kServerTime_s, log);
    ASSERT_TRUE(log.waitFor(2)) << source->status().sentence;
    EXPECT_TRUE(log.frames()[1]->still);
    std::this_thread::sleep_for(900ms);  // three times what makes a stall elsewhere
    EXPECT_EQ(waitForState(*source, SourceState::kLive).state, SourceState::kLive);
    EXPECT_EQ(server.connections(), 2);
    // A step asks the server again.
    source->setPaused(true);
    source->step();
    ASSERT_TRUE(log.waitFor(3)) << source->status().sentence;
    EXPECT_TRUE(log.frames()[2]->still);
    EXPECT_EQ(server.connections(), 3);
    FrameLog once;
    source = openStream(server.url(), kServerTime_s, once, false);
    EXPECT_EQ(waitForState(*source, SourceState::kEnded).state, SourceState::kEnded);
    EXPECT_EQ(once.count(), 1U);
}

TEST(StreamKind, AVideoOfOneFrameIsAPicture) {
    const Bytes file = videoFile(1);
    LocalServer server(fileServer(file, file.size()));
    FrameLog log;
    const auto source = openStream(server.url(), kServerTime_s, log);
    ASSERT_TRUE(log.waitFor(1)) << source->status().sentence;
    EXPECT_TRUE(log.frames()[0]->still);
    source->setPaused(true);
    // A step that comes before it rests only makes it rest.
    waitForStatus(*source, [&](const SourceStatus&) {
        source->step();
        return log.count() >= 2;
    });
    EXPECT_GE(log.count(), 2U) << source->status().sentence;
}

TEST(StreamKind, ACameraThatBrokeAfterOneFrameIsNoPicture) {
    std::atomic<int> answers{0};
    LocalServer server([&](int connection, const std::atomic<bool>& stop) {
        sendPictures(connection, answers++ == 0 ? 1 : 1000, stop);
    });
    FrameLog log;
    const auto source = openStream(server.url(), kServerTime_s, log);
    const SourceStatus status = waitForStatus(*source, [&](const SourceStatus& now) {
        return log.count() >= 20 || now.state == SourceState::kLost;
    });
    // Not by the back-off, which would have shown frames enough too.
    EXPECT_NE(status.state, SourceState::kLost) << status.sentence;
    ASSERT_TRUE(log.waitFor(20)) << source->status().sentence;
    EXPECT_EQ(server.connections(), 2);
    expectNoStills(log);
}

}  // namespace
}  // namespace overfeat::capture::test
