// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/backend/cuda/device_api.h"
#include "tests/engine/backend/simulated/simulated_memory.h"

namespace overfeat::test {

// Either something to do, or a wait for an event to have happened as often as it was recorded.
struct Work {
    std::function<void()> run;
    backend::cuda::EventTag* records = nullptr;
    backend::cuda::EventTag* waits = nullptr;
    std::uint64_t times = 0;
};

}  // namespace overfeat::test

// What the handles of a simulated card are.
namespace overfeat::backend::cuda {

struct EventTag {
    std::uint64_t recorded = 0;
    std::uint64_t happened = 0;
    std::chrono::steady_clock::time_point time;
};
struct StreamTag {
    std::deque<overfeat::test::Work> queue;
    std::optional<std::thread::id> capturer;  // The thread that records a graph here.
    std::vector<overfeat::test::Work> captured;
};
struct GraphTag {
    std::vector<overfeat::test::Work> works;
};
struct ConvolutionTag {
    ConvolutionShape shape;
    std::size_t scratch_bytes;
};

}  // namespace overfeat::backend::cuda

namespace overfeat::test {

template <class T>
void requireKnown(const std::set<T*>& known, T* thing, const char* what) {
    if (!known.contains(thing)) throw Misuse(std::string("There is no such ") + what + ".");
}
inline void requireNotCapturing(const backend::cuda::StreamTag& stream) {
    if (stream.capturer) throw Misuse("This is not possible while a graph is recorded.");
}

}  // namespace overfeat::test
