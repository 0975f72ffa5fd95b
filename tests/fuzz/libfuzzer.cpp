// SPDX-License-Identifier: Apache-2.0
//
// One of targets.h for libFuzzer: OVERFEAT_FUZZ_TARGET is its name.
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>

#include "tests/fuzz/promises.h"
#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // Processor time: what else the machine does must not look like an input that takes long.
    // libFuzzer's own limit is of the clock on the wall, for what never ends.
    constexpr std::clock_t kMost = std::clock_t{10} * CLOCKS_PER_SEC;
    const std::clock_t start = std::clock();
    overfeat::fuzz::OVERFEAT_FUZZ_TARGET(std::as_bytes(std::span(data, size)));
    overfeat::fuzz::promise(std::clock() - start < kMost, "an answer within ten seconds");
    return 0;
}
