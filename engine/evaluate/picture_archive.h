// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace overfeat::evaluate {

// Gets the path of a file within what is walked, as it is stored there, and its content; returns
// false to stop.
using FileVisitor = std::function<bool(const std::string& path, std::span<const std::byte> bytes)>;

// Walks the regular files of a tar archive, compressed by anything libarchive knows, without
// unpacking it to disk. Returns false if the visitor stopped it. Throws Error(kInput) for a missing
// or damaged archive and for files of more than 64 MiB.
bool forEachInArchive(const std::filesystem::path& archive, const FileVisitor& visit);

// The same for the regular files of a folder, in the order of their names.
bool forEachInFolder(const std::filesystem::path& folder, const FileVisitor& visit);

}  // namespace overfeat::evaluate
