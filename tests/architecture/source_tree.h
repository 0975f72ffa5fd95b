// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace overfeat::test {

struct SourceFile {
    std::string path;  // from the root of the checkout, e.g. "engine/core/frame.h"
    std::vector<std::string> lines;
};

// Every .h and .cpp below the given folders of the checkout.
std::vector<SourceFile> sourceFiles(const std::vector<std::string>& folders);

// What a file includes: the text between the quotes or angle brackets.
struct Include {
    std::string target;
    bool system = false;
    std::size_t line = 0;
};
std::vector<Include> includes(const SourceFile& file);

}  // namespace overfeat::test
