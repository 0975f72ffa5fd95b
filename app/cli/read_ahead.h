// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "engine/core/image.h"

namespace overfeat::cli {

// What a file holds: one picture, or a video, of which nothing was read yet.
struct OpenedFile {
    bool video = false;
    Image picture = {};       // of a picture
    std::string remark = {};  // on it, to be said when its turn comes
};

// Opens one file ahead, on a thread of its own, so that the next picture is decoded while the
// network looks at this one. Threads: the calls come from one; the destructor waits for the file
// that is being opened.
class ReadAhead {
public:
    // Begins with `path`; what was begun before and not taken is forgotten.
    void begin(const std::filesystem::path& path);
    // What `path` holds: waits for it where it was begun with, and opens it now otherwise. Throws
    // Error(kInput) if it cannot be used.
    OpenedFile take(const std::filesystem::path& path);

private:
    void work(const std::stop_token& stop);

    std::filesystem::path path_;
    std::future<OpenedFile> opened_;  // of path_, from begin() to take()
    std::mutex mutex_;
    std::condition_variable_any handed_;
    std::packaged_task<OpenedFile()> task_;  // what the thread does next
    std::jthread thread_;                    // ends before what it uses does
};

}  // namespace overfeat::cli
