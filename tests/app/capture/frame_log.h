// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "app/capture/source.h"

namespace overfeat::capture::test {

inline constexpr std::chrono::seconds kPatience{120};  // for machines that do other things too

// Keeps what a source delivers and lets a test wait for it.
class FrameLog {
public:
    FrameSink sink() {
        return [this](FramePtr frame) {
            const std::scoped_lock lock(mutex_);
            frames_.push_back(std::move(frame));
            changed_.notify_all();
        };
    }
    bool waitFor(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, [&] { return frames_.size() >= count; });
    }
    std::vector<FramePtr> frames() const {
        const std::scoped_lock lock(mutex_);
        return frames_;
    }
    std::size_t count() const { return frames().size(); }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<FramePtr> frames_;
};

// Asks for the status until `wanted` likes it; the last one either way.
inline SourceStatus waitForStatus(const Source& source,
                                  const std::function<bool(const SourceStatus&)>& wanted) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    SourceStatus status = source.status();
    while (!wanted(status) && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // polling is the interface
        status = source.status();
    }
    return status;
}

inline SourceStatus waitForState(const Source& source, SourceState state) {
    return waitForStatus(source, [=](const SourceStatus& s) { return s.state == state; });
}

}  // namespace overfeat::capture::test
