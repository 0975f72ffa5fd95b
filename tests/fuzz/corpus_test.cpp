// SPDX-License-Identifier: Apache-2.0
//
// Every fuzz target with what lies in its corpus.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "tests/fuzz/targets.h"
#include "tests/support/capability.h"
#include "tests/support/file_bytes.h"

namespace overfeat::fuzz {
namespace {

namespace fs = std::filesystem;

struct Target {
    const char* name;
    void (*run)(Input input);
};

#define OVERFEAT_FUZZ_TARGET(name, function) Target{#name, &function},
constexpr std::array kTargets{OVERFEAT_FUZZ_TARGETS};
#undef OVERFEAT_FUZZ_TARGET

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, KeepsAllPromises) {
    const fs::path folder = test::sourceRoot() / "tests/fuzz/corpus" / GetParam().name;
    std::vector<fs::path> files{fs::directory_iterator(folder), {}};
    std::ranges::sort(files);
    ASSERT_FALSE(files.empty());
    for (const fs::path& file : files) {
        const std::string bytes = test::bytesOf(file);
        EXPECT_NO_THROW(GetParam().run(std::as_bytes(std::span(bytes)))) << file.filename();
    }
}

INSTANTIATE_TEST_SUITE_P(All, Corpus, testing::ValuesIn(kTargets),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace overfeat::fuzz
