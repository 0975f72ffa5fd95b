// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
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

// What a stream has to do. It keeps its memory: a std::deque takes and gives back pieces as it
// goes, and who looks for what is kept from run to run would see more or fewer of them.
class WorkQueue {
public:
    bool empty() const noexcept { return next_ == works_.size(); }
    const Work& front() const { return works_.at(next_); }
    void add(Work work) { works_.push_back(std::move(work)); }
    void add(const std::vector<Work>& works) {
        works_.insert(works_.end(), works.begin(), works.end());
    }
    Work take() {
        Work first = std::move(works_.at(next_++));
        if (empty()) {
            works_.clear();
            next_ = 0;
        }
        return first;
    }

private:
    std::vector<Work> works_;
    std::size_t next_ = 0;
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
    overfeat::test::WorkQueue queue;
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
