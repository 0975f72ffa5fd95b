// SPDX-License-Identifier: Apache-2.0
// Pictures, videos and cameras look alike until their second frame.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "app/capture/frame_reader.h"
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

TEST(StreamKind, ThePictureOfAnAddressRests) {
    JpegParts parts;
    parts.blocks = {{150, 128, 128}};
    const Bytes jpeg = jpegFile(parts);
    LocalServer server(fileServer(jpeg, jpeg.size()));
    FrameLog log;
    auto source = openStream(server.url(), kServerTime_s, log);
    ASSERT_TRUE(log.waitFor(1)) << source->status().sentence;
    EXPECT_TRUE(log.frames()[0]->still);
    std::this_thread::sleep_for(900ms);  // three times what makes a stall elsewhere
    EXPECT_EQ(waitForState(*source, SourceState::kLive).state, SourceState::kLive);
    EXPECT_EQ(server.connections(), 1);
    // A step asks the server again.
    source->setPaused(true);
    source->step();
    ASSERT_TRUE(log.waitFor(2)) << source->status().sentence;
    EXPECT_TRUE(log.frames()[1]->still);
    EXPECT_EQ(server.connections(), 2);
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

// Its answer says that more will come, so it is opened again.
TEST(StreamKind, ACameraThatKeepsBreakingAfterOneFrameIsNoPicture) {
    std::atomic<int> answers{0};
    LocalServer server([&](int connection, const std::atomic<bool>& stop) {
        sendPictures(connection, answers++ < 2 ? 1 : 1000, stop);
    });
    FrameLog log;
    const auto source = openStream(server.url(), kServerTime_s, log);
    EXPECT_EQ(waitForState(*source, SourceState::kLost).state, SourceState::kLost) << "it rests";
    ASSERT_TRUE(log.waitFor(20)) << source->status().sentence;
    EXPECT_EQ(server.connections(), 3);
    expectNoStills(log);
}

TEST(StreamKind, AStreamThatHasMovedNeverRests) {
    std::atomic<int> answers{0};
    LocalServer server([&](int connection, const std::atomic<bool>& stop) {
        sendPictures(connection, answers++ == 0 ? 60 : 1, stop);
    });
    FrameLog log;
    const auto source = openStream(server.url(), kServerTime_s, log);
    waitForStatus(*source, [&](const SourceStatus&) { return server.connections() >= 4; });
    EXPECT_GE(server.connections(), 4) << "it rests";
    expectNoStills(log);
}

TEST(StreamKind, ACameraThatFallsSilentAfterOneFrameIsNoPicture) {
    LocalServer server([](int connection, const std::atomic<bool>& stop) {
        sendPictures(connection, 1, stop);
        silence(connection, stop);
    });
    FrameLog log;
    const auto source = openStream(server.url(), 1, log);
    EXPECT_EQ(waitForState(*source, SourceState::kLost).state, SourceState::kLost) << "it rests";
    EXPECT_GE(log.count(), 1U);
    expectNoStills(log);
}

// Its server shows something of its own while the camera is off. A camera has no length, is read
// during a pause, and stalls.
TEST(StreamKind, APictureThatTurnsIntoACameraIsOpenedAsOne) {
    const Bytes file = videoFile(1);  // says that it is one frame
    std::atomic<int> answers{0};
    LocalServer server([&](int connection, const std::atomic<bool>& stop) {
        if (answers++ == 0) return fileServer(file, file.size())(connection, stop);
        sendPictures(connection, 1000, stop);
    });
    FrameLog log;
    const auto source = openStream(server.url(), kServerTime_s, log);
    ASSERT_TRUE(log.waitFor(1)) << source->status().sentence;
    EXPECT_TRUE(log.frames()[0]->still);
    EXPECT_EQ(source->status().length, 1);
    source->setPaused(true);
    waitForStatus(*source, [&](const SourceStatus&) {
        source->step();
        return log.count() >= 2;
    });
    source->setPaused(false);
    ASSERT_TRUE(log.waitFor(20)) << source->status().sentence;
    expectNoStills(log, 1);
    EXPECT_EQ(source->status().length, -1);
}

}  // namespace
}  // namespace overfeat::capture::test
