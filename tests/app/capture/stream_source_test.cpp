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
#include <thread>

#include "app/capture/readers.h"
#include "app/capture/running_source.h"
#include "tests/app/capture/frame_log.h"
#include "tests/app/capture/made_files.h"

namespace overfeat::capture::test {
namespace {

using namespace std::chrono_literals;

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

std::unique_ptr<Source> open(const std::string& url, double timeout_s, FrameLog& log) {
    SourceOptions options;
    options.stall_seconds = 0.3;
    return runSource({SourceKind::kStream, url}, options, shownUrl(url),
                     makeStreamReader(url, true, timeout_s), log.sink());
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
    LocalServer server(silence);
    FrameLog log;
    auto source = open(server.url(), 2, log);
    waitForStatus(*source, [&](const SourceStatus&) { return server.connections() >= 1; });
    const auto start = Clock::now();
    source.reset();
    EXPECT_LT(Clock::now() - start, 250ms);
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
