// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/learn/class_library.h"

namespace overfeat::teach {

struct FilesTaught {
    int pictures = 0;
    int left_out = 0;  // could not be read
};

// Each picture file, whole, is an example of `name`; of a folder each picture in it, and without a
// name the folder's is its class's. The captures of a class are one action of the library. Throws
// Error(kUsage) where there is no name, Error(kInput) if nothing could be read, and what the
// library does.
FilesTaught teachFiles(learn::ClassLibrary& library,
                       const std::vector<std::filesystem::path>& paths, const std::string& name);

}  // namespace overfeat::teach
