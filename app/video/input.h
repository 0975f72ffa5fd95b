// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "app/video/ffmpeg.h"
#include "app/video/reader.h"

namespace overfeat::video {

// Lets FFmpeg's waiting calls end: at a stop request, or when `timeout_s` have passed since
// start().
class Patience {
public:
    explicit Patience(double timeout_s) : timeout_s_(timeout_s) {}
    void start(const std::stop_token& stop);
    const std::stop_token& stopToken() const noexcept { return stop_; }
    bool stopped() const noexcept { return stop_.stop_requested(); }
    bool ranOut() const noexcept { return ran_out_; }
    AVIOInterruptCB callback() noexcept;

private:
    using Clock = std::chrono::steady_clock;
    static int ask(void* self) noexcept;

    double timeout_s_;
    std::stop_token stop_;
    Clock::time_point end_ = Clock::time_point::max();
    bool ran_out_ = false;
};

// What bytes come from and the container they are in, open, with its streams known. Never opens
// anything but the one file or address it is given.
// Threads: one at a time.
class Input {
public:
    // A regular file. Like for addresses, nothing or the reason why not.
    std::optional<Refusal> openFile(const std::filesystem::path& path, const ReadOptions& options,
                                    const std::stop_token& stop);
    std::optional<Refusal> openUrl(const std::string& url, const ReadOptions& options,
                                   const std::stop_token& stop);
    explicit Input(double timeout_s) : patience_(timeout_s) {}
    ~Input();
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    AVFormatContext& format() noexcept { return *format_; }
    Patience& patience() noexcept { return patience_; }
    bool fromNetwork() const noexcept { return network_; }
    // A camera's endless answer, or one picture, by the kind of the container.
    bool endless() const noexcept { return endless_; }
    bool onePicture() const noexcept { return one_picture_; }

private:
    std::optional<Refusal> openHttp(const std::string& url, const ReadOptions& options);
    // Negative as FFmpeg's errors are.
    int openContainer(AVIOContext* bytes, const std::string& url, const AVInputFormat* kind);
    int findStreams();
    Refusal networkRefusal(int error, const std::string& url, const ReadOptions& options) const;

    Patience patience_;
    AVIOContext* file_ = nullptr;  // one of the two, or neither for rtsp
    AVIOContext* http_ = nullptr;
    AVFormatContext* format_ = nullptr;
    bool network_ = false;
    bool endless_ = false;
    bool one_picture_ = false;
};

// The container that the bytes are in, if it is one this room reads. They are rewound.
const AVInputFormat* knownContainer(AVIOContext* bytes, bool pictures_too);

// A regular file as FFmpeg reads it; null if it cannot be opened. close() ends it.
AVIOContext* openBytes(const std::filesystem::path& path) noexcept;
void closeBytes(AVIOContext* bytes) noexcept;

}  // namespace overfeat::video
