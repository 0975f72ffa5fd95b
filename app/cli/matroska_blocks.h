// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace overfeat::cli {

// What a finished Matroska file holds, by its elements; pictures are not decoded.
struct MatroskaBlocks {
    std::int64_t whole = 0;  // blocks that end within the file; with motion JPEG one per picture
    bool complete = false;   // the file says how long it is, and is so long
};

// Nothing is held if the file cannot be read or is no Matroska file.
MatroskaBlocks matroskaBlocks(const std::filesystem::path& path);

}  // namespace overfeat::cli
