// SPDX-License-Identifier: Apache-2.0
#include "app/cli/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "app/capture/file_bytes.h"

namespace overfeat::cli {
namespace {

constexpr std::uintmax_t kLeastRoom_bytes = 64 << 10;

}  // namespace

bool isFull(const std::filesystem::space_info& space, bool superuser) noexcept {
    if (space.capacity == 0) return false;
    return (superuser ? space.free : space.available) < kLeastRoom_bytes;
}

bool isOnDisk(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const bool lost = ::fsync(file) != 0 && capture::saysLost(errno);
    ::close(file);
    return !lost;
}

}  // namespace overfeat::cli
