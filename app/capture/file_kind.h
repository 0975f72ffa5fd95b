// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

namespace overfeat::capture {

enum class FileKind { kPicture, kVideo };

// What the content of a file is, whatever its name: nothing if neither, or no file that can be
// read. A GIF, PNG or JPEG with more than one picture to be shown after each other is a video.
// Opens regular files only.
std::optional<FileKind> kindByContent(const std::filesystem::path& path);

// What a file is to be opened as. Where the content is neither, the name decides which of the two
// readers says what is wrong with it. Throws Error(kInput) for a missing or unreadable file and for
// anything that is not a file, such as a pipe, which could block for ever.
FileKind fileKind(const std::filesystem::path& path);

// Whether somebody who named the file like this meant a picture or a video, whatever it holds.
bool isNamedLikeMedia(const std::filesystem::path& path);

}  // namespace overfeat::capture
