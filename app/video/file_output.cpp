// SPDX-License-Identifier: Apache-2.0
#include "app/video/file_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/core/write_error.h"

namespace overfeat::video {
namespace {

constexpr int kBuffer_bytes = 64 << 10;

}  // namespace

FileOutput::FileOutput(const std::filesystem::path& path) {
    // A pipe that nobody reads would keep us waiting.
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
    if (file_ < 0) {
        const int reason = errno;
        throw Error(ErrorCode::kRuntime,
                    "The video '" + sanitisedLabel(path.string()) +
                        "' cannot be written: " + writeProblem(reason) + ".",
                    path.string());
    }
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBuffer_bytes));
    if (buffer != nullptr) {
        context_ = avio_alloc_context(buffer, kBuffer_bytes, 1, this, nullptr, &FileOutput::write,
                                      &FileOutput::seek);
    }
    if (context_ == nullptr) {
        av_free(buffer);
        ::close(file_);
        throw std::bad_alloc();
    }
}

FileOutput::~FileOutput() {
    close();
}

void FileOutput::close() noexcept {
    if (context_ != nullptr) {
        avio_flush(context_);
        av_freep(&context_->buffer);
        avio_context_free(&context_);
    }
    if (file_ < 0) return;
    if (::fsync(file_) != 0 && saysLost(errno)) note(errno);
    if (::close(file_) != 0 && saysLost(errno)) note(errno);
    file_ = -1;
}

int FileOutput::write(void* self, Bytes* bytes, int count) {
    auto& output = *static_cast<FileOutput*>(self);
    for (int done = 0; done < count;) {
        const ssize_t now =
            ::write(output.file_, bytes + done, static_cast<std::size_t>(count - done));
        if (now < 0 && errno == EINTR) continue;
        if (now < 0) {
            output.note(errno);
            return AVERROR(output.error_);
        }
        done += static_cast<int>(now);
    }
    const off_t place = ::lseek(output.file_, 0, SEEK_CUR);
    output.bytes_ = std::max<std::int64_t>(output.bytes_, place);
    return count;
}

std::int64_t FileOutput::seek(void* self, std::int64_t offset, int whence) {
    auto& output = *static_cast<FileOutput*>(self);
    if (whence == AVSEEK_SIZE) return output.bytes_;
    const off_t place = ::lseek(output.file_, offset, whence & ~AVSEEK_FORCE);
    return place < 0 ? AVERROR(errno) : place;
}

void FileOutput::note(int error) noexcept {
    if (error_ == 0) error_ = error;
}

}  // namespace overfeat::video
