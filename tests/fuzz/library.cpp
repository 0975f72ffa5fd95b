// SPDX-License-Identifier: Apache-2.0
//
// A file of taught classes. SQLite's pages and our checksums would refuse nearly all bytes, so what
// libFuzzer makes up decides how an honest file is changed (ImportTrial).
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "tests/engine/learn/import_trial.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/targets.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::fuzz {

void library(Input input) {
    static const test::TemporaryFolder folder;
    static test::ImportTrial trial(folder.path());
    constexpr std::size_t kTaken =
        3;  // bytes for each number: places in the file are larger than 2
    std::mt19937_64 rest(input.size());
    const auto next = [&]() -> std::uint64_t {
        if (input.size() < kTaken) return rest();
        std::uint64_t number = 0;
        for (const std::byte one : input.first(kTaken))
            number = number << 8 | std::to_integer<std::uint64_t>(one);
        input = input.subspan(kTaken);
        return number;
    };
    const std::string wrong = trial.once(next);
    promise(wrong.empty(), wrong);
}

}  // namespace overfeat::fuzz
