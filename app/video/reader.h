// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "engine/core/geometry.h"
#include "engine/core/image.h"

namespace overfeat::video {

struct ReadOptions {
    std::string name;      // of the file or address, as sentences show it
    double timeout_s = 5;  // network: how long opening may take, and waiting for the next picture
};

// What was found on opening.
struct Facts {
    SizePx size;             // as shown: upright, with square pixels
    double fps = 25;         // nominal
    double duration_s = -1;  // -1 = the file does not say
    // As the file says, or by its duration and rate; -1 = unknown.
    std::int64_t frames = -1;
    std::string codec;      // "h264"
    std::string container;  // "matroska,webm"
    bool still = false;     // one picture, of a web server or in a video file
    // A camera: pictures come when they are taken, whether somebody reads them or not.
    bool live = false;
    bool can_seek = false;
    // Longer gaps between two pictures are a damaged time, or another recording that follows.
    double longest_pause_s = 3600;
};

// Why something cannot be read: one sentence, and whether trying again later can help.
struct Refusal {
    std::string sentence;
    bool may_help_later = false;
};

enum class Outcome {
    kPicture,
    kDamaged,  // something that cannot be decoded was passed over
    kEnd,
    kCutOff,  // the end, but there should have been more
    kBroken,  // the connection
    kSilent,  // nothing came for `timeout_s`
    kStopped,
};

// A video file, or a stream from the network, that is being decoded (FFmpeg). Every picture has the
// size, the turn, the pixel format, the colours and the time that the file gives it, also where one
// of them changes in the middle. Playlists, texts and everything that leads to other files are
// refused; nothing but the named file or address is ever opened. Sizes are limited to
// Image::kMaxPixels before memory is asked for.
//
// Threads: one at a time. Every call ends soon after a stop request, except while the network looks
// up a name or a disk does not answer.
class Reader {
public:
    using Result = std::variant<std::unique_ptr<Reader>, Refusal>;
    // `path` has to be a regular file.
    static Result openFile(const std::filesystem::path& path, const ReadOptions& options,
                           const std::stop_token& stop);
    // http, https or rtsp.
    static Result openUrl(const std::string& url, const ReadOptions& options,
                          const std::stop_token& stop);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    const Facts& facts() const noexcept;

    // Moves on to the next picture.
    Outcome read(const std::stop_token& stop);

    // About the picture read last; only after kPicture.
    SizePx size() const noexcept;
    double time_s() const noexcept;    // since the start of the file; never goes back
    double period_s() const noexcept;  // how long it stays
    // Counted from 0; after a seek by time and rate.
    std::int64_t index() const noexcept;
    // Into `image`, which must have this size. Transparent parts become white.
    void copyTo(Image& image);

    // The next read() gives the picture that is shown at `time_s`, exactly: pictures before it are
    // decoded and passed over. The ends of the file are the limits. Where a place cannot be gone
    // to, the file is read again from its start, so seek(0) works with all of them.
    void seek(double time_s);
    // The next read() gives the picture before the last one, or the first again.
    void seekBack();

private:
    class Implementation;
    explicit Reader(std::unique_ptr<Implementation> implementation);
    static Result open(const std::filesystem::path& path, const std::string& url,
                       const ReadOptions& options, const std::stop_token& stop);
    std::unique_ptr<Implementation> implementation_;
};

// The container that the content of a regular file is in, of those this room reads ("mpegts"), or
// nothing. Looks at up to 1 MiB.
std::optional<std::string> containerOf(const std::filesystem::path& path);

// Keeps FFmpeg's remarks off stderr: what matters is said in sentences. Process-wide, so for
// main(), before it starts threads.
void quietFfmpeg();

}  // namespace overfeat::video
