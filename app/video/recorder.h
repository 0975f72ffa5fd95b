// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/video/writer.h"

namespace overfeat::video {

struct RecorderStatus {
    std::filesystem::path file;  // empty before the first picture
    std::int64_t pictures = 0;   // written
    std::int64_t dropped = 0;    // that came while drawing, encoder or disk were too slow
    std::int64_t bytes = 0;
    std::string failure;  // one sentence; empty while all is well
};

// Draws and writes pictures on a thread of its own, so that whoever shows them never waits.
// Threads: all methods from any one thread.
class Recorder {
public:
    // Called once, before the first picture: it may look for a name that nothing has yet.
    using ChooseFile = std::function<std::filesystem::path()>;
    // Makes a picture; its pixels stay as long as the function.
    using Draw = std::function<PixelsView()>;

    // `failed` is called at most once. All three are called on the recorder's thread.
    Recorder(ChooseFile choose, WriteOptions options, std::function<void()> failed = {});
    // Finishes what has been given so far.
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    // Never waits: at most kMaxWaiting pictures are kept, further ones are dropped and counted.
    // Times are as for Writer::add().
    void add(Draw draw, double time_s);
    // Writes what is waiting and ends the file. `add` does nothing afterwards.
    RecorderStatus finish(std::optional<double> end_s = std::nullopt);
    RecorderStatus status() const;

    static constexpr std::size_t kMaxWaiting = 8;

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace overfeat::video
