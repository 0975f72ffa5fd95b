// SPDX-License-Identifier: Apache-2.0
//
// What every source file keeps to.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/architecture/source_tree.h"

namespace overfeat::test {
namespace {

const std::vector<std::string> kAllFolders{"engine", "ui", "app", "packaging", "tests"};

TEST(SourceFiles, AreFoundAtAll) {
    EXPECT_GT(sourceFiles(kAllFolders).size(), 30U);
}

TEST(SourceFiles, HaveAtMost500Lines) {
    for (const SourceFile& file : sourceFiles(kAllFolders)) {
        EXPECT_LE(file.lines.size(), 500U) << file.path;
    }
}

TEST(SourceFiles, ClassHeadersHaveAtMost150LinesPerClass) {
    const std::regex opening(R"(^\s*class\s+\w+[^;]*\{\s*$)");
    for (const SourceFile& file : sourceFiles(kAllFolders)) {
        if (!file.path.ends_with(".h")) continue;
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            if (!std::regex_search(file.lines[i], opening)) continue;
            const std::string end =
                file.lines[i].substr(0, file.lines[i].find_first_not_of(' ')) + "};";
            std::size_t last = i;
            while (last < file.lines.size() && file.lines[last] != end)
                ++last;
            EXPECT_LE(last - i, 150U) << file.path << ":" << i + 1;
        }
    }
}

TEST(SourceFiles, StartWithTheLicence) {
    for (const SourceFile& file : sourceFiles(kAllFolders)) {
        ASSERT_FALSE(file.lines.empty()) << file.path;
        const bool is_c = file.path == "engine/c/overfeat.h";
        EXPECT_EQ(file.lines[0], is_c ? "/* SPDX-License-Identifier: Apache-2.0 */"
                                      : "// SPDX-License-Identifier: Apache-2.0")
            << file.path;
    }
}

TEST(SourceFiles, HeadersHavePragmaOnce) {
    for (const SourceFile& file : sourceFiles(kAllFolders)) {
        if (!file.path.ends_with(".h")) continue;
        EXPECT_NE(std::ranges::find(file.lines, "#pragma once"), file.lines.end()) << file.path;
    }
}

// Own header first proves that every header includes what it needs.
TEST(SourceFiles, IncludeTheirOwnHeaderFirst) {
    for (const SourceFile& file : sourceFiles({"engine", "ui", "app"})) {
        if (!file.path.ends_with(".cpp")) continue;
        const std::string own = file.path.substr(0, file.path.size() - 4) + ".h";
        const auto all = includes(file);
        for (std::size_t i = 1; i < all.size(); ++i) {
            EXPECT_NE(all[i].target, own) << file.path << ": own header is not the first include";
        }
    }
}

TEST(SourceFiles, SkipOnlyThroughTheOneFunction) {
    const std::regex skip(
        "GTEST_"
        "SKIP|DISABLED"
        "_");
    for (const SourceFile& file : sourceFiles({"tests"})) {
        if (file.path == "tests/support/capability.cpp") continue;
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            EXPECT_FALSE(std::regex_search(file.lines[i], skip)) << file.path << ":" << i + 1;
        }
    }
}

}  // namespace
}  // namespace overfeat::test
