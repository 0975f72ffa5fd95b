// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace overfeat::capture {

// A path as it may appear in a sentence: quoted, and bytes that are no UTF-8 replaced. Only for
// people; files are always opened by their raw bytes.
std::string shown(const std::filesystem::path& path);

// Throws Error(kInput) with the sentence that fits if `path` is no file that can be opened for
// reading. `thing` is "picture", "video", ... Devices and pipes are refused: opening one can block.
void requireFile(const std::filesystem::path& path, const std::string& thing);

// The whole file. Throws Error(kInput) as above, and if it is empty or larger than `max_bytes`.
std::vector<std::uint8_t> readFile(const std::filesystem::path& path, const std::string& thing,
                                   std::uint64_t max_bytes);

// Writes to a temporary file beside `path`, then renames it, so that `path` is either the old or
// the new file and never a part of one. Throws Error(kRuntime).
void replaceFile(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

}  // namespace overfeat::capture
