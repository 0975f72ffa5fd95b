// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace overfeat::cli {

// Whether a file system has no room for another part of a video. `superuser` may write into what is
// kept back for it. One that does not tell its size, as some in user space and on networks, is not
// full as far as anybody knows.
bool isFull(const std::filesystem::space_info& space, bool superuser) noexcept;

// Whether everything that was written to a file is on its disk, as far as its file system tells:
// some notice only then that there is no room.
bool isOnDisk(const std::filesystem::path& path);

}  // namespace overfeat::cli
