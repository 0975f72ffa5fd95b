// SPDX-License-Identifier: Apache-2.0
#include "app/capture/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/core/write_error.h"

namespace overfeat::capture {
namespace {

constexpr std::size_t kMaxShownBytes = 300;

class FileDescriptor {
public:
    explicit FileDescriptor(int number) noexcept : number_(number) {}
    ~FileDescriptor() {
        if (number_ >= 0) ::close(number_);
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    int get() const noexcept { return number_; }
    int release() noexcept { return std::exchange(number_, -1); }

private:
    int number_;
};

std::string reason(int error) {
    return std::generic_category().message(error);
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& sentence) {
    throw Error(ErrorCode::kInput, sentence, path.string());
}

[[noreturn]] void refuseOpen(const std::filesystem::path& path, const std::string& thing,
                             int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            refuse(path, "There is no " + thing + " file " + shown(path) + "; check the path.");
        case EACCES:
        case EPERM:
            refuse(path, "The " + thing + " file " + shown(path) +
                             " may not be read by you; change its permissions or choose another "
                             "one.");
        case ELOOP:
            refuse(path, "The link " + shown(path) +
                             " leads back to itself; choose the file it was meant for.");
        default:
            refuse(path, "The " + thing + " file " + shown(path) + " cannot be opened (" +
                             reason(error) + "); choose another one.");
    }
}

// O_NONBLOCK: a pipe is found out by fstat instead of waiting for its writer.
FileDescriptor openFile(const std::filesystem::path& path, const std::string& thing) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) refuseOpen(path, thing, errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) refuseOpen(path, thing, errno);
    if (S_ISDIR(status.st_mode)) {
        refuse(path, shown(path) + " is a folder, not a " + thing + " file; choose a file in it.");
    }
    if (!S_ISREG(status.st_mode)) {
        refuse(path, shown(path) + " is a device or a pipe, not a " + thing +
                         " file; choose a regular file.");
    }
    return FileDescriptor(file.release());
}

void writeAll(int file, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw std::system_error(errno, std::generic_category());
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    if (::fsync(file) != 0 && saysLost(errno))
        throw std::system_error(errno, std::generic_category());
}

}  // namespace

std::string shown(const std::filesystem::path& path) {
    return "'" + sanitisedLabel(path.string(), kMaxShownBytes) + "'";
}

void requireFile(const std::filesystem::path& path, const std::string& thing) {
    const FileDescriptor file = openFile(path, thing);
    std::uint8_t first = 0;
    const ssize_t count = ::read(file.get(), &first, 1);
    if (count < 0) refuseOpen(path, thing, errno);
    if (count == 0) {
        refuse(path, "The " + thing + " file " + shown(path) + " is empty; choose another one.");
    }
}

std::vector<std::uint8_t> readFile(const std::filesystem::path& path, const std::string& thing,
                                   std::uint64_t max_bytes) {
    const FileDescriptor file = openFile(path, thing);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) refuseOpen(path, thing, errno);
    std::vector<std::uint8_t> bytes;
    const auto refuseLarge = [&] {
        refuse(path, "The " + thing + " file " + shown(path) + " is larger than the " +
                         std::to_string(max_bytes >> 20) +
                         " MB this program accepts; scale it down first.");
    };
    if (static_cast<std::uint64_t>(status.st_size) > max_bytes) refuseLarge();
    // One byte more than announced, to see the end without a second round.
    bytes.resize(static_cast<std::size_t>(status.st_size) + 1);
    std::size_t filled = 0;
    for (;;) {
        if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
        const ssize_t count = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) refuseOpen(path, thing, errno);
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
        if (filled > max_bytes) refuseLarge();
    }
    bytes.resize(filled);
    if (bytes.empty()) {
        refuse(path, "The " + thing + " file " + shown(path) + " is empty; choose another one.");
    }
    return bytes;
}

void replaceFile(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
    const std::filesystem::path part = path.string() + ".part-" + std::to_string(::getpid());
    try {
        const FileDescriptor file(
            ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
        if (file.get() < 0) throw std::system_error(errno, std::generic_category());
        writeAll(file.get(), bytes);
        if (::rename(part.c_str(), path.c_str()) != 0) {
            throw std::system_error(errno, std::generic_category());
        }
    } catch (const std::system_error& error) {
        ::unlink(part.c_str());
        throw Error(ErrorCode::kRuntime,
                    "The file " + shown(path) + " could not be written (" +
                        reason(error.code().value()) + "); choose another place.",
                    path.string());
    }
}

}  // namespace overfeat::capture
