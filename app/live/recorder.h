// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace overfeat::app {

struct RecorderOptions {
    double fps = 25;
    // Recording stops rather than filling the disk.
    std::int64_t min_free_bytes = std::int64_t{200} << 20;
};

struct RecorderStatus {
    std::int64_t written = 0;  // video frames, repeated ones included
    std::int64_t dropped = 0;  // pictures that came while the disk was too slow
    int files = 0;             // a change of the picture's size starts another file
    std::string failure;       // one sentence; empty while all is well
};

// Writes pictures into a Matroska file, on a thread of its own. The video runs at a constant rate
// on the pictures' own time line: a picture is repeated until the next one is due.
//
// Matroska with motion JPEG: what has been written can be played even if the program is killed, and
// no picture needs another one.
// Threads: all methods from any one thread.
class Recorder {
public:
    using Clock = std::chrono::steady_clock;

    // `file` should end in .mkv. `failed` is called at most once, on the recorder's thread.
    Recorder(std::filesystem::path file, RecorderOptions options,
             std::function<void()> failed = {});
    // Finishes what has been given so far.
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    // Never waits: at most kMaxWaiting pictures are kept, further ones are dropped and counted.
    void add(QImage picture, Clock::time_point captured);
    // Writes what is waiting and closes the file. `add` does nothing afterwards.
    RecorderStatus finish();
    RecorderStatus status() const;

    static constexpr int kMaxWaiting = 8;

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace overfeat::app
