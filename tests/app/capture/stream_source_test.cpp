// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <string>

#include "app/capture/frame_reader.h"
#include "tests/app/capture/frame_log.h"
#include "tests/app/capture/local_server.h"
#include "tests/app/capture/made_files.h"
#include "tests/support/stopwatch.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

using namespace std::chrono_literals;

TEST(StreamSource, AnAddressThatNeverAnswersIsGivenUpAndTriedAgain) {
    LocalServer server(silence);
    FrameLog log;
    const auto start = Clock::now();
    const auto source = openStream(server.url(), 0.5, log);
    EXPECT_EQ(source->status().state, SourceState::kOpening);
    const SourceStatus status = waitForState(*source, SourceState::kLost);
    ASSERT_EQ(status.state, SourceState::kLost);
    EXPECT_LT(Clock::now() - start, 5s);
    EXPECT_NE(status.sentence.find("does not answer"), std::string::npos) << status.sentence;
    waitForStatus(*source, [&](const SourceStatus&) { return server.connections() >= 2; });
    EXPECT_GE(server.connections(), 2);
}

TEST(StreamSource, ClosingDoesNotWaitForTheServer) {
    const auto closing = [] {
        LocalServer server(silence);
        FrameLog log;
        auto source = openStream(server.url(), 2, log);
        waitForStatus(*source, [&](const SourceStatus&) { return server.connections() >= 1; });
        EXPECT_GE(server.connections(), 1);
        return overfeat::test::timeOf([&] { source.reset(); });
    };
    EXPECT_LT(overfeat::test::shortestOfThree(250ms, closing), 250ms);
}

TEST(StreamSource, AnAddressWhereNothingListensSaysSo) {
    std::string url;
    {
        LocalServer closed(silence);
        url = closed.url();
    }
    FrameLog log;
    const auto source = openStream(url, 2, log);
    const SourceStatus status = waitForState(*source, SourceState::kLost);
    EXPECT_NE(status.sentence.find("nothing listens"), std::string::npos) << status.sentence;
    EXPECT_GT(status.retry_in_s, 0);
}

// What the server answered is said, and it is only asked again where that can help.
TEST(StreamSource, SaysWhatTheServerAnswered) {
    struct Case {
        const char* answer;
        const char* login;
        const char* part;
        SourceState state;
    };
    const Case cases[] = {
        {"404 Not Found", "", "(404)", SourceState::kFailed},
        {"401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"cam\"", "", "asks for a user name",
         SourceState::kFailed},
        {"401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"cam\"", "me:wrong@",
         "refuses the user name", SourceState::kFailed},
        {"403 Forbidden", "", "(403)", SourceState::kFailed},
        {"410 Gone", "", "4xx", SourceState::kFailed},
        {"503 Service Unavailable", "", "5xx", SourceState::kLost},
        {"200 OK\r\nContent-Type: text/html", "", "web page", SourceState::kFailed},
        {"200 OK\r\nContent-Type: video/mp4", "", "no video", SourceState::kFailed}};
    for (const Case& c : cases) {
        LocalServer server([&](int connection, const std::atomic<bool>&) {
            if (!takeRequest(connection)) return;
            sendAll(connection,
                    "HTTP/1.0 " + Bytes(c.answer) + "\r\nContent-Length: 4\r\n\r\nnope");
        });
        FrameLog log;
        Bytes url = server.url();
        url.insert(url.find("127"), c.login);
        const auto source = openStream(url, kServerTime_s, log);
        const SourceStatus status = waitForStatus(*source, [](const SourceStatus& now) {
            return now.state == SourceState::kFailed || now.state == SourceState::kLost;
        });
        EXPECT_EQ(status.state, c.state) << c.answer;
        EXPECT_NE(status.sentence.find(c.part), Bytes::npos) << c.answer << ": " << status.sentence;
        EXPECT_EQ(status.sentence.find("wrong"), Bytes::npos) << status.sentence;
    }
}

TEST(StreamSource, APasswordMayHoldAnySign) {
    LocalServer server([&](int connection, const std::atomic<bool>& stop) {
        Bytes request(4096, '\0');
        const ssize_t count = ::recv(connection, request.data(), request.size(), 0);
        request.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        if (request.find("Authorization: Basic am9lOnBAc3MjMS94\r") == Bytes::npos) {
            sendAll(connection, "HTTP/1.0 401 No\r\nWWW-Authenticate: Basic realm=\"cam\"\r\n\r\n");
            return;
        }
        sendAll(connection, kEndlessAnswer);
        sendFrames(connection, 1000, stop, "--b\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n");
    });
    FrameLog log;
    Bytes url = server.url();
    url.insert(url.find("127"), "joe:p@ss#1/x@");
    const auto source = openStream(url, kServerTime_s, log);
    ASSERT_TRUE(log.waitFor(3)) << source->status().sentence;
}

// Browsers show them all.
TEST(StreamSource, CamerasThatDoNotKeepToTheStandard) {
    struct Case {
        const char* name;
        const char* type;  // of the answer
        const char* first;
        const char* between;
    };
    const Bytes multipart = "multipart/x-mixed-replace; boundary=b";
    const Case cases[] = {
        {"no boundary in front", multipart.c_str(), "Content-Type: image/jpeg\r\n\r\n",
         "\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n"},
        {"no dashes", multipart.c_str(), "b\r\nContent-Type: image/jpeg\r\n\r\n",
         "\r\nb\r\nContent-Type: image/jpeg\r\n\r\n"},
        {"no type of the parts", multipart.c_str(), "--b\r\n\r\n", "\r\n--b\r\n\r\n"},
        {"no type of the answer", nullptr, "--b\r\nContent-Type: image/jpeg\r\n\r\n",
         "\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n"},
        {"nothing between", "video/x-motion-jpeg", "", ""}};
    for (const Case& c : cases) {
        LocalServer server([&](int connection, const std::atomic<bool>& stop) {
            if (!takeRequest(connection)) return;
            const Bytes type = c.type != nullptr ? "Content-Type: " + Bytes(c.type) + "\r\n" : "";
            sendAll(connection, "HTTP/1.0 200 OK\r\n" + type + "\r\n" + c.first);
            sendFrames(connection, 1000, stop, "", c.between);
        });
        FrameLog log;
        const auto source = openStream(server.url(), kServerTime_s, log);
        ASSERT_TRUE(log.waitFor(5)) << c.name << ": " << source->status().sentence;
        EXPECT_EQ(log.frames()[4]->image.size(), (SizePx{32, 32})) << c.name;
        EXPECT_NEAR(log.frames()[4]->image.row(5)[9], 150, 3) << c.name;
    }
}

TEST(StreamSource, ARedirectionToAnotherServerIsFollowed) {
    LocalServer camera([](int connection, const std::atomic<bool>& stop) {
        sendPictures(connection, 1000, stop);
    });
    LocalServer server([&](int connection, const std::atomic<bool>&) {
        if (!takeRequest(connection)) return;
        sendAll(connection, "HTTP/1.0 302 Found\r\nLocation: " + camera.url() +
                                "\r\nContent-Length: 0\r\n\r\n");
    });
    FrameLog log;
    const auto source = openStream(server.url(), kServerTime_s, log);
    ASSERT_TRUE(log.waitFor(3)) << source->status().sentence;
}

// A server may not send the program to a file of this machine.
TEST(StreamSource, ARedirectionToAFileIsNotFollowed) {
    const overfeat::test::TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 5);
    LocalServer server([&](int connection, const std::atomic<bool>&) {
        if (!takeRequest(connection)) return;
        sendAll(connection, "HTTP/1.0 302 Found\r\nLocation: file://" +
                                (folder.path() / "a.avi").string() +
                                "\r\nContent-Length: 0\r\n\r\n");
    });
    FrameLog log;
    const auto source = openStream(server.url(), kServerTime_s, log);
    waitForStatus(*source, [](const SourceStatus& now) {
        return now.state == SourceState::kFailed || now.state == SourceState::kLost;
    });
    EXPECT_EQ(log.count(), 0U);
}

TEST(StreamSource, ANetworkCameraPlaysBreaksOffAndComesBack) {
    LocalServer server(
        [](int connection, const std::atomic<bool>& stop) { sendPictures(connection, 60, stop); });
    FrameLog log;
    const auto source = openStream(server.url(), 2, log);
    ASSERT_TRUE(log.waitFor(5)) << source->status().sentence;
    EXPECT_EQ(log.frames()[0]->image.size(), (SizePx{32, 32}));
    EXPECT_NEAR(log.frames()[0]->image.row(5)[9], 150, 3);
    const SourceStatus lost = waitForState(*source, SourceState::kLost);
    EXPECT_NE(lost.sentence.find("ended or its connection broke"), std::string::npos)
        << lost.sentence;
    EXPECT_EQ(waitForState(*source, SourceState::kLive).state, SourceState::kLive);
    EXPECT_GE(server.connections(), 2);
}

TEST(StreamSource, AVideoOnAWebServerStartsAgainAtItsEnd) {
    const Bytes file = videoFile(8);
    LocalServer server(fileServer(file, file.size()));
    FrameLog log;
    const auto source = openStream(server.url(), kServerTime_s, log);
    const SourceStatus status = waitForStatus(*source, [&](const SourceStatus& now) {
        return log.count() >= 20 || now.state == SourceState::kLost;
    });
    EXPECT_NE(status.state, SourceState::kLost) << status.sentence;
    ASSERT_TRUE(log.waitFor(20));
    const auto frames = log.frames();
    for (std::size_t i = 0; i < frames.size(); ++i) {
        ASSERT_EQ(frames[i]->index, static_cast<std::int64_t>(i % 8));
        EXPECT_FALSE(frames[i]->still);
    }
    EXPECT_EQ(source->status().length, 8);
}

TEST(StreamSource, AVideoOnAWebServerEndsWhereItDoesNotLoop) {
    const Bytes file = videoFile(8);
    LocalServer server(fileServer(file, file.size()));
    FrameLog log;
    const auto source = openStream(server.url(), kServerTime_s, log, false);
    const SourceStatus status = waitForState(*source, SourceState::kEnded);
    EXPECT_EQ(status.state, SourceState::kEnded) << status.sentence;
    EXPECT_EQ(status.sentence, "");
    EXPECT_EQ(log.count(), 8U);
}

TEST(StreamSource, AVideoWhoseConnectionBrokeIsNotAtItsEnd) {
    const Bytes file = videoFile(50);
    LocalServer server(fileServer(file, file.size() / 2));
    FrameLog log;
    auto source = openStream(server.url(), kServerTime_s, log, false);
    const SourceStatus ended = waitForState(*source, SourceState::kEnded);
    EXPECT_NE(ended.sentence.find("is cut off"), std::string::npos) << ended.sentence;
    EXPECT_NE(ended.sentence.find("of 50 frames"), std::string::npos) << ended.sentence;
    source = openStream(server.url(), kServerTime_s, log);
    const SourceStatus lost = waitForState(*source, SourceState::kLost);
    EXPECT_NE(lost.sentence.find("connection broke"), std::string::npos) << lost.sentence;
}

// A source that was just chosen and breaks off before its first picture is not kept.
TEST(StreamSource, AStreamThatNeverGaveAPictureIsNotSaidToComeBack) {
    LocalServer server([](int connection, const std::atomic<bool>&) {
        if (!takeRequest(connection)) return;
        // The next boundary would have ended this frame.
        sendAll(connection, kEndlessAnswer + Bytes("--b\r\nContent-Type: image/jpeg\r\n\r\n") +
                                cameraFrame(150));
    });
    FrameLog log;
    const auto source = openStream(server.url(), kServerTime_s, log);
    const SourceStatus lost = waitForState(*source, SourceState::kLost);
    EXPECT_NE(lost.sentence.find("before its first picture"), std::string::npos) << lost.sentence;
    EXPECT_EQ(lost.sentence.find("opened again"), std::string::npos) << lost.sentence;
}

TEST(StreamSource, AServerThatFallsSilentIsAStall) {
    LocalServer server([](int connection, const std::atomic<bool>& stop) {
        sendPictures(connection, 60, stop);
        silence(connection, stop);
    });
    FrameLog log;
    const auto source = openStream(server.url(), 2, log);
    ASSERT_TRUE(log.waitFor(3)) << source->status().sentence;
    const SourceStatus status = waitForState(*source, SourceState::kStalled);
    ASSERT_EQ(status.state, SourceState::kStalled);
    EXPECT_GE(status.frame_age_s, 0.3);
    EXPECT_EQ(waitForState(*source, SourceState::kLost).state, SourceState::kLost);
}

}  // namespace
}  // namespace overfeat::capture::test
