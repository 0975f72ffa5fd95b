// SPDX-License-Identifier: Apache-2.0
#include "tests/support/capability.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;

bool isExpected(const std::string& capability) {
    std::ifstream list(sourceRoot() / "tests" / "expected_skips.txt");
    for (std::string line; std::getline(list, line);) {
        if (line.substr(0, line.find_first_of(" \t#")) == capability) return true;
    }
    return false;
}

void markSkipped(const std::string& capability) {
    GTEST_SKIP() << "SKIPPED-CAPABILITY " << capability;
}

std::optional<fs::path> existing(const fs::path& folder) {
    std::error_code ignored;
    if (fs::is_directory(folder, ignored)) return folder;
    return std::nullopt;
}

}  // namespace

bool missing(const std::string& capability, bool present) {
    if (present) return false;
    if (!isExpected(capability)) {
        ADD_FAILURE() << "The capability '" << capability
                      << "' is missing and not listed in tests/expected_skips.txt.";
        return true;
    }
    markSkipped(capability);
    return true;
}

fs::path sourceRoot() {
    return OVERFEAT_SOURCE_DIR;
}

std::optional<fs::path> sharedData() {
    if (const char* chosen = std::getenv("OVERFEAT_SHARED_DATA")) return existing(chosen);
    return existing(sourceRoot().parent_path() / "shared" / "data");
}

std::optional<fs::path> onnxNodeTests() {
    return existing("/usr/share/libonnx-testdata/data/node");
}

}  // namespace overfeat::test
