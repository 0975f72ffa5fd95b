// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/evaluate/annotated_set.h"

// Inside the room: the readers behind AnnotatedSet.
namespace overfeat::evaluate {

struct ReadSet {
    LabelSet classes;
    std::vector<PictureEntry> entries;
    std::vector<std::filesystem::path> annotations;  // what was read for them
};

ReadSet readCoco(const std::filesystem::path& folder, const std::string& split);
ReadSet readVoc(const std::filesystem::path& folder, const std::string& split);
ReadSet readYolo(const std::filesystem::path& folder, const std::string& split);

// The annotations of a COCO split, wherever they are in the folder; empty if nowhere.
std::filesystem::path cocoFile(const std::filesystem::path& folder, const std::string& split);

// `name` within `root`. Throws Error(kInput) if it leads out of it, by "..", an absolute path or a
// symbolic link, or if there is no such file.
std::filesystem::path fileInside(const std::filesystem::path& root,
                                 const std::filesystem::path& name);

// Everything in a file of at most `max_bytes`. Throws Error(kInput).
std::string textOf(const std::filesystem::path& file, std::uint64_t max_bytes);

// The lines of a text without trailing blanks and carriage returns; empty ones are kept, so that
// the index tells the line's number.
std::vector<std::string> linesOf(const std::string& text);

// "'FILE' WHAT; correct the annotations."
Error badAnnotations(const std::filesystem::path& file, const std::string& what);

}  // namespace overfeat::evaluate
