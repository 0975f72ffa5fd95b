// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "app/capture/readers.h"
#include "app/capture/running_source.h"
#include "tests/app/capture/frame_log.h"
#include "tests/app/capture/made_files.h"
#include "tests/support/stopwatch.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

using namespace std::chrono_literals;

constexpr double kServerTime_s = 20;  // it is here and answers; the machine may be busy

// A server on this machine that does to each connection what a test wants.
class LocalServer {
public:
    using Serve = std::function<void(int connection, const std::atomic<bool>& stop)>;
    explicit LocalServer(Serve serve) : serve_(std::move(serve)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* any = reinterpret_cast<sockaddr*>(&address);
        socklen_t length = sizeof address;
        if (::bind(listener_, any, length) != 0 || ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, any, &length) != 0) {
            throw std::runtime_error("no local server");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~LocalServer() {
        stop_ = true;
        thread_.join();
        ::close(listener_);
    }
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/live"; }
    int connections() const { return connections_; }

private:
    void run() {
        while (!stop_) {
            pollfd entry{listener_, POLLIN, 0};
            if (::poll(&entry, 1, 20) <= 0) continue;
            const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (connection < 0) continue;
            ++connections_;
            serve_(connection, stop_);
            ::close(connection);
        }
    }
    Serve serve_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stop_{false};
    std::atomic<int> connections_{0};
    std::thread thread_;
};

// Until the client hangs up or the test is over.
void silence(int connection, const std::atomic<bool>& stop) {
    while (!stop) {
        pollfd entry{connection, POLLRDHUP, 0};
        if (::poll(&entry, 1, 20) > 0) return;
    }
}

bool sendAll(int connection, const Bytes& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t count =
            ::send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return false;
        sent += static_cast<std::size_t>(count);
    }
    return true;
}

// What a network camera sends: JPEG after JPEG in one endless answer.
void sendPictures(int connection, int count, const std::atomic<bool>& stop) {
    sendAll(connection,
            "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n");
    JpegParts parts;
    parts.columns = 4;
    parts.rows = 4;
    parts.blocks.assign(16, {150, 128, 128});
    const Bytes jpeg = jpegFile(parts);
    const Bytes part =
        "--b\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size()) +
        "\r\n\r\n" + jpeg + "\r\n";
    for (int i = 0; i < count && !stop; ++i) {
        if (!sendAll(connection, part)) return;
        pollfd none{-1, 0, 0};
        ::poll(&none, 1, 5);  // the camera's pace
    }
}

// What a web server does with a file, or with as much of it as gets through.
LocalServer::Serve fileServer(const Bytes& file, std::size_t sent) {
    return [=](int connection, const std::atomic<bool>&) {
        // Reading the request first: hanging up with it unread would take the answer back.
        for (Bytes request(4096, '\0'), all; all.find("\r\n\r\n") == Bytes::npos;) {
            const ssize_t count = ::recv(connection, request.data(), request.size(), 0);
            if (count <= 0) return;
            all.append(request, 0, static_cast<std::size_t>(count));
        }
        sendAll(connection, "HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(file.size()) +
                                "\r\n\r\n" + file.substr(0, sent));
    };
}

Bytes videoFile(int frames) {
    const overfeat::test::TemporaryFolder folder;
    writeTestVideo(folder.path() / "clip.avi", frames);
    return bytesOf(folder.path() / "clip.avi");
}

std::unique_ptr<Source> open(const std::string& url, double timeout_s, FrameLog& log,
                             bool loop = true) {
    SourceOptions options;
    options.stall_seconds = 0.3;
    return runSource({SourceKind::kStream, url}, options, shownUrl(url),
                     makeStreamReader(url, loop, timeout_s), log.sink());
}

TEST(StreamSource, AnAddressThatNeverAnswersIsGivenUpAndTriedAgain) {
    LocalServer server(silence);
    FrameLog log;
    const auto start = Clock::now();
    const auto source = open(server.url(), 0.5, log);
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
        auto source = open(server.url(), 2, log);
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
    const auto source = open(url, 2, log);
    const SourceStatus status = waitForState(*source, SourceState::kLost);
    EXPECT_NE(status.sentence.find("nothing listens"), std::string::npos) << status.sentence;
    EXPECT_GT(status.retry_in_s, 0);
}

TEST(StreamSource, AWebPageIsNoStream) {
    LocalServer server([](int connection, const std::atomic<bool>&) {
        sendAll(connection, "HTTP/1.0 404 Not Found\r\nContent-Length: 4\r\n\r\nnope");
    });
    FrameLog log;
    const auto source = open(server.url(), 2, log);
    EXPECT_EQ(waitForState(*source, SourceState::kLost).state, SourceState::kLost);
}

TEST(StreamSource, ANetworkCameraPlaysBreaksOffAndComesBack) {
    LocalServer server(
        [](int connection, const std::atomic<bool>& stop) { sendPictures(connection, 60, stop); });
    FrameLog log;
    const auto source = open(server.url(), 2, log);
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
    const auto source = open(server.url(), kServerTime_s, log);
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
    const auto source = open(server.url(), kServerTime_s, log, false);
    const SourceStatus status = waitForState(*source, SourceState::kEnded);
    EXPECT_EQ(status.state, SourceState::kEnded) << status.sentence;
    EXPECT_EQ(status.sentence, "");
    EXPECT_EQ(log.count(), 8U);
}

TEST(StreamSource, AVideoWhoseConnectionBrokeIsNotAtItsEnd) {
    const Bytes file = videoFile(50);
    LocalServer server(fileServer(file, file.size() / 2));
    FrameLog log;
    auto source = open(server.url(), kServerTime_s, log, false);
    const SourceStatus ended = waitForState(*source, SourceState::kEnded);
    EXPECT_NE(ended.sentence.find("is cut off"), std::string::npos) << ended.sentence;
    EXPECT_NE(ended.sentence.find("of 50 frames"), std::string::npos) << ended.sentence;
    source = open(server.url(), kServerTime_s, log);
    const SourceStatus lost = waitForState(*source, SourceState::kLost);
    EXPECT_NE(lost.sentence.find("connection broke"), std::string::npos) << lost.sentence;
}

// It gives one frame and does not say so: the same answer twice is a picture.
TEST(StreamSource, ThePictureOfAnAddressRests) {
    JpegParts parts;
    parts.blocks = {{150, 128, 128}};
    const Bytes jpeg = jpegFile(parts);
    LocalServer server(fileServer(jpeg, jpeg.size()));
    FrameLog log;
    auto source = open(server.url(), kServerTime_s, log);
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
    source = open(server.url(), kServerTime_s, once, false);
    EXPECT_EQ(waitForState(*source, SourceState::kEnded).state, SourceState::kEnded);
    EXPECT_EQ(once.count(), 1U);
}

TEST(StreamSource, AVideoOfOneFrameIsAPicture) {
    const Bytes file = videoFile(1);
    LocalServer server(fileServer(file, file.size()));
    FrameLog log;
    const auto source = open(server.url(), kServerTime_s, log);
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

TEST(StreamSource, ACameraThatBrokeAfterOneFrameIsNoPicture) {
    std::atomic<int> answers{0};
    LocalServer server([&](int connection, const std::atomic<bool>& stop) {
        sendPictures(connection, answers++ == 0 ? 1 : 1000, stop);
    });
    FrameLog log;
    const auto source = open(server.url(), kServerTime_s, log);
    ASSERT_TRUE(log.waitFor(20)) << source->status().sentence;
    for (const FramePtr& frame : log.frames())
        EXPECT_FALSE(frame->still);
}

TEST(StreamSource, AServerThatFallsSilentIsAStall) {
    LocalServer server([](int connection, const std::atomic<bool>& stop) {
        sendPictures(connection, 60, stop);
        silence(connection, stop);
    });
    FrameLog log;
    const auto source = open(server.url(), 2, log);
    ASSERT_TRUE(log.waitFor(3)) << source->status().sentence;
    const SourceStatus status = waitForState(*source, SourceState::kStalled);
    ASSERT_EQ(status.state, SourceState::kStalled);
    EXPECT_GE(status.frame_age_s, 0.3);
    EXPECT_EQ(waitForState(*source, SourceState::kLost).state, SourceState::kLost);
}

}  // namespace
}  // namespace overfeat::capture::test
