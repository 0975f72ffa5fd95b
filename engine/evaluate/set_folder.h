// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"

// Inside the room: files of a data set, found by names that others wrote.
namespace overfeat::evaluate {

// `name` within `root`. Throws Error(kInput) if it leads out of it, by "..", an absolute path or a
// symbolic link, or if there is no such file.
std::filesystem::path fileInside(const std::filesystem::path& root,
                                 const std::filesystem::path& name);

// Everything in a file of at most `max_bytes`. Throws Error(kInput).
std::string textOf(const std::filesystem::path& file, std::uint64_t max_bytes);

// The lines of a text without a byte-order mark, trailing blanks and carriage returns; empty ones
// are kept, so that the index tells the line's number.
std::vector<std::string> linesOf(const std::string& text);

// "'FILE' WHAT; correct the annotations."
Error badAnnotations(const std::filesystem::path& file, const std::string& what);

// The names that tools give to a split, the asked one first: "val" is "valid" elsewhere.
std::vector<std::string> namesOfSplit(const std::string& split);

// Whether a file of this name is a picture to a data set.
bool isPictureName(const std::filesystem::path& name);

std::string lowerCase(std::string text);

// The folder of a data set. Names are relative to it and may differ from those on disk in the case
// of their letters, because most sets are made on systems that do not tell it.
// Threads: one at a time.
class SetFolder {
public:
    explicit SetFolder(std::filesystem::path root) : root_(std::move(root)) {}
    const std::filesystem::path& root() const noexcept { return root_; }

    // The name on disk of a file or folder, still relative; nothing if there is none.
    std::optional<std::filesystem::path> find(const std::filesystem::path& name) const;
    // The same of the first that exists of several.
    std::optional<std::filesystem::path> findAny(
        const std::vector<std::filesystem::path>& names) const;
    // The picture of this name, with whatever extension it has.
    std::optional<std::filesystem::path> findPicture(const std::filesystem::path& stem) const;
    // Where a file is. Throws as fileInside().
    std::filesystem::path file(const std::filesystem::path& name) const;
    // All files in and below one of its folders, relative to that folder and sorted. Hidden ones
    // are left out, linked folders not entered. Throws Error(kInput).
    std::vector<std::filesystem::path> filesBelow(const std::filesystem::path& folder) const;

private:
    // Names in lower case -> names on disk.
    using Listing = std::multimap<std::string, std::string>;
    const Listing& listing(const std::filesystem::path& folder) const;

    std::filesystem::path root_;
    mutable std::map<std::filesystem::path, Listing> listings_;
};

}  // namespace overfeat::evaluate
