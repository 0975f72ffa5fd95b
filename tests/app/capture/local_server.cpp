// SPDX-License-Identifier: Apache-2.0
#include "tests/app/capture/local_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "app/capture/readers.h"
#include "app/capture/running_source.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {

LocalServer::LocalServer(Serve serve) : serve_(std::move(serve)) {
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

LocalServer::~LocalServer() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
}

void LocalServer::run() {
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

bool takeRequest(int connection) {
    for (Bytes request(4096, '\0'), all; all.find("\r\n\r\n") == Bytes::npos;) {
        const ssize_t count = ::recv(connection, request.data(), request.size(), 0);
        if (count <= 0) return false;
        all.append(request, 0, static_cast<std::size_t>(count));
    }
    return true;
}

Bytes cameraFrame(int brightness) {
    JpegParts parts;
    parts.columns = 4;
    parts.rows = 4;
    parts.blocks.assign(16, {brightness, 128, 128});
    parts.exif = exifOrientation(1) + Bytes(4096, '\0');  // FFmpeg knows no stream by a tiny frame
    return jpegFile(parts);
}

void sendFrames(int connection, int count, const std::atomic<bool>& stop, const Bytes& before,
                const Bytes& behind, int brightness) {
    const Bytes part = before + cameraFrame(brightness) + behind;
    for (int i = 0; i < count && !stop; ++i) {
        if (!sendAll(connection, part)) return;
        pollfd none{-1, 0, 0};
        ::poll(&none, 1, 5);  // the camera's pace
    }
}

void sendPictures(int connection, int count, const std::atomic<bool>& stop, int brightness) {
    if (!takeRequest(connection)) return;
    sendAll(connection, kEndlessAnswer);
    const Bytes length = std::to_string(cameraFrame(brightness).size());
    sendFrames(connection, count, stop,
               "--b\r\nContent-Type: image/jpeg\r\nContent-Length: " + length + "\r\n\r\n", "\r\n",
               brightness);
}

LocalServer::Serve fileServer(const Bytes& file, std::size_t sent) {
    return [=](int connection, const std::atomic<bool>&) {
        if (!takeRequest(connection)) return;
        sendAll(connection, "HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(file.size()) +
                                "\r\n\r\n" + file.substr(0, sent));
    };
}

Bytes videoFile(int frames) {
    const overfeat::test::TemporaryFolder folder;
    writeTestVideo(folder.path() / "clip.avi", frames);
    return bytesOf(folder.path() / "clip.avi");
}

std::unique_ptr<Source> openStream(const std::string& url, double timeout_s, FrameLog& log,
                                   bool loop) {
    SourceOptions options;
    options.stall_seconds = 0.3;
    return runSource({SourceKind::kStream, url}, options, shownUrl(url),
                     makeStreamReader(url, loop, timeout_s), log.sink());
}

}  // namespace overfeat::capture::test
