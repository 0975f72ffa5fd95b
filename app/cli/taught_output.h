// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "app/cli/console.h"
#include "engine/learn/class_library.h"

namespace overfeat::cli {

// Opens a library that is there, to read it or to change it, and says on console.err what a person
// should know. Throws Error(kInput) if it is not there or cannot be used so.
learn::OpenedLibrary openToRead(const std::filesystem::path& file, Console& console);
learn::OpenedLibrary openToChange(const std::filesystem::path& file, Console& console);
// Makes it if need be.
learn::OpenedLibrary openToMake(const std::filesystem::path& file, Console& console);

// The class a person means by a name or an id. Throws Error(kUsage) with names like it.
const learn::TaughtClass& taughtNamed(const learn::LibraryContent& content,
                                      const std::string& text);

// {"id","label","captures","negatives","threshold","enabled"}; the threshold is null where the
// program finds it.
nlohmann::ordered_json taughtJson(const learn::TaughtClass& taught);

// "3 captures", "3 captures and 1 of what it is not".
std::string captureCounts(const learn::TaughtClass& taught);
// "1 capture", "2 captures"
std::string counted(std::size_t count, const std::string& thing);

}  // namespace overfeat::cli
