// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "app/video/input.h"

namespace overfeat::video {
namespace {

constexpr int kBufferBytes = 64 << 10;

struct File {
    int number = -1;
};

int readSome(void* opaque, std::uint8_t* to, int count) {
    const int file = static_cast<File*>(opaque)->number;
    ssize_t got = 0;
    do {
        got = ::read(file, to, static_cast<std::size_t>(count));
    } while (got < 0 && errno == EINTR);
    if (got < 0) return AVERROR(errno);
    return got == 0 ? AVERROR_EOF : static_cast<int>(got);
}

std::int64_t seekTo(void* opaque, std::int64_t offset, int whence) {
    const int file = static_cast<File*>(opaque)->number;
    if ((whence & AVSEEK_SIZE) != 0) {
        struct stat about {};
        return ::fstat(file, &about) == 0 ? about.st_size : AVERROR(errno);
    }
    const off_t at = ::lseek(file, offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? AVERROR(errno) : at;
}

}  // namespace

// Not by FFmpeg's own file protocol: a path cannot be mistaken for an address this way, and what
// the container asks for beyond this file is refused in one place.
AVIOContext* openBytes(const std::filesystem::path& path) noexcept {
    auto* file = new (std::nothrow) File;
    if (file == nullptr) return nullptr;
    // O_NONBLOCK: a pipe, which is refused, would keep open() waiting for its writer.
    file->number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about {};
    const bool regular =
        file->number >= 0 && ::fstat(file->number, &about) == 0 && S_ISREG(about.st_mode);
    auto* buffer = regular ? static_cast<unsigned char*>(av_malloc(kBufferBytes)) : nullptr;
    AVIOContext* bytes = buffer != nullptr ? avio_alloc_context(buffer, kBufferBytes, 0, file,
                                                                readSome, nullptr, seekTo)
                                           : nullptr;
    if (bytes != nullptr) return bytes;
    av_free(buffer);
    if (file->number >= 0) ::close(file->number);
    delete file;
    return nullptr;
}

void closeBytes(AVIOContext* bytes) noexcept {
    if (bytes == nullptr) return;
    auto* file = static_cast<File*>(bytes->opaque);
    ::close(file->number);
    delete file;
    av_freep(&bytes->buffer);
    avio_context_free(&bytes);
}

}  // namespace overfeat::video
