// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "app/capture/source.h"
#include "tests/app/capture/frame_log.h"
#include "tests/app/capture/made_files.h"

namespace overfeat::capture::test {

inline constexpr double kServerTime_s = 20;  // it is here and answers; the machine may be busy

// A server on this machine that does to each connection what a test wants.
class LocalServer {
public:
    using Serve = std::function<void(int connection, const std::atomic<bool>& stop)>;
    explicit LocalServer(Serve serve);
    ~LocalServer();
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/live"; }
    int connections() const { return connections_; }

private:
    void run();
    Serve serve_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stop_{false};
    std::atomic<int> connections_{0};
    std::thread thread_;
};

// Until the client hangs up or the test is over.
void silence(int connection, const std::atomic<bool>& stop);

// To be called before answering: hanging up with it unread would take the answer back.
bool takeRequest(int connection);

bool sendAll(int connection, const Bytes& bytes);

// A frame of a network camera, 32x32 and grey.
Bytes cameraFrame(int brightness);

// How its answer begins; each frame follows a line "--b".
inline constexpr const char* kEndlessAnswer =
    "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n";

// What a network camera sends: JPEG after JPEG in one endless answer.
void sendPictures(int connection, int count, const std::atomic<bool>& stop, int brightness = 150);

// The frames alone, with `before` and `behind` around each; the answer has begun already.
void sendFrames(int connection, int count, const std::atomic<bool>& stop, const Bytes& before,
                const Bytes& behind = {}, int brightness = 150);

// What a web server does with a file, or with as much of it as gets through.
LocalServer::Serve fileServer(const Bytes& file, std::size_t sent);

Bytes videoFile(int frames);

// A stream whose stalls are seen after 0.3 s.
std::unique_ptr<Source> openStream(const std::string& url, double timeout_s, FrameLog& log,
                                   bool loop = true);

}  // namespace overfeat::capture::test
