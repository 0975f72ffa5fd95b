// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <type_traits>

#include "app/video/ffmpeg.h"

namespace overfeat::video {

// A file that FFmpeg writes through us, so that the system's own word on what went wrong is kept:
// FFmpeg tells of most failures late or not at all.
class FileOutput {
public:
    // Replaces a file that exists. Throws Error(kRuntime).
    explicit FileOutput(const std::filesystem::path& path);
    ~FileOutput();
    FileOutput(const FileOutput&) = delete;
    FileOutput& operator=(const FileOutput&) = delete;

    AVIOContext* context() noexcept { return context_; }
    std::int64_t bytes() const noexcept { return bytes_; }
    // The first error of the system, 0 = none.
    int error() const noexcept { return error_; }
    // Hands over what is left and asks the disk whether it has everything; see error().
    void close() noexcept;

private:
    // FFmpeg 7 promises not to change the bytes, 5 does not.
    using Bytes = std::conditional_t<std::is_same_v<decltype(AVIOContext::write_packet),
                                                    int (*)(void*, const std::uint8_t*, int)>,
                                     const std::uint8_t, std::uint8_t>;
    static int write(void* self, Bytes* bytes, int count);
    static std::int64_t seek(void* self, std::int64_t offset, int whence);
    void note(int error) noexcept;

    int file_ = -1;
    AVIOContext* context_ = nullptr;
    std::int64_t bytes_ = 0;
    int error_ = 0;
};

}  // namespace overfeat::video
