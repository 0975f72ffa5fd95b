// SPDX-License-Identifier: Apache-2.0
//
// A module of another version: calling it is a mistake that is noticed.
#include <cstdint>
#include <cstdlib>

extern "C" {
[[gnu::visibility("default")]] extern const std::uint32_t overfeat_cuda_abi;
const std::uint32_t overfeat_cuda_abi = 0xFFFFFFFF;

[[gnu::visibility("default")]] const void* overfeat_cuda_device();
const void* overfeat_cuda_device() {
    std::abort();
}
}
