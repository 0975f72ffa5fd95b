// SPDX-License-Identifier: Apache-2.0
#include "tests/support/selection.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace overfeat::test {
namespace {

constexpr std::string_view kOption = "--files=";

// The files as written, with the number of tests found in each.
using Files = std::map<std::string, int>;

Files filesOf(const std::string& list) {
    Files files;
    std::istringstream stream(list);
    for (std::string file; std::getline(stream, file, ',');)
        files[file] = 0;
    return files;
}

// The compiler names a file as it was called: in full, or from the build folder.
bool isWrittenIn(const ::testing::TestInfo& info, Files& files) {
    const std::string_view where = info.file() == nullptr ? "" : info.file();
    for (auto& [file, tests] : files) {
        if (where != file && !where.ends_with("/" + file)) continue;
        ++tests;
        return true;
    }
    return false;
}

// GoogleTest's patterns for all tests outside the files, as few as possible: it prints them.
std::string othersThan(Files& files) {
    std::string patterns;
    const auto& tests = *::testing::UnitTest::GetInstance();
    for (int i = 0; i < tests.total_test_suite_count(); ++i) {
        const ::testing::TestSuite& suite = *tests.GetTestSuite(i);
        std::string others;
        bool all_are = true;
        for (int j = 0; j < suite.total_test_count(); ++j) {
            const ::testing::TestInfo& info = *suite.GetTestInfo(j);
            if (isWrittenIn(info, files)) {
                all_are = false;
            } else {
                others += std::string(suite.name()) + "." + info.name() + ":";
            }
        }
        patterns += all_are ? std::string(suite.name()) + ".*:" : others;
    }
    return patterns;
}

void select(Files files) {
    const std::string others = othersThan(files);
    for (const auto& [file, tests] : files) {
        if (tests > 0) continue;
        std::fprintf(stderr, "This program has no test written in %s; see overfeat_test().\n",
                     file.c_str());
        std::exit(EXIT_FAILURE);
    }
    if (others.empty()) return;
    std::string filter = GTEST_FLAG_GET(filter);
    filter += filter.find('-') == std::string::npos ? "-" : ":";
    GTEST_FLAG_SET(filter, filter + others);
}

}  // namespace

void startGoogleTest(int& argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument.starts_with(kOption)) {
            select(filesOf(std::string(argument.substr(kOption.size()))));
        }
    }
}

}  // namespace overfeat::test
