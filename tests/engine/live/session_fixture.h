// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "engine/live/session.h"

namespace overfeat::test {

// No wait of these tests is longer, so that a lost wake-up fails instead of hanging.
inline constexpr std::chrono::seconds kLimit{20};

// Counts something that happens on one thread while others wait for it.
class Counter {
public:
    void add() {
        {
            const std::scoped_lock lock(mutex_);
            ++count_;
        }
        changed_.notify_all();
    }
    std::uint64_t count() const {
        const std::scoped_lock lock(mutex_);
        return count_;
    }
    // False if the limit passed first.
    bool waitFor(std::uint64_t at_least) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kLimit, [&] { return count_ >= at_least; });
    }
    // Also ends when `stop` is requested; false then, too.
    bool waitFor(std::uint64_t at_least, std::stop_token stop) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::move(stop), kLimit, [&] { return count_ >= at_least; });
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    std::uint64_t count_ = 0;
};

// A processor made of a function.
class FakeProcessor final : public live::Processor {
public:
    using Process = std::function<Recognition(const Frame&, std::stop_token)>;
    using Watch = std::function<void(const Look&)>;

    explicit FakeProcessor(Process process, Watch watch = {})
        : process_(std::move(process)), watch_(std::move(watch)) {}

    // What was asked can be told from the answer's scores: scales and fine steps.
    Recognition process(const Frame& frame, const Look& look, std::stop_token stop) override {
        if (watch_) watch_(look);
        Recognition seen = process_(frame, std::move(stop));
        seen.scores = {static_cast<float>(look.scale_count), static_cast<float>(look.fine_steps)};
        return seen;
    }
    detect::RecogniserInfo info() const override {
        detect::RecogniserInfo info;
        info.device.name = "fake";
        info.fine_steps_available = 3;
        return info;
    }
    std::vector<backend::LayerTiming> profile(SizePx frame, const Look& look) override {
        backend::LayerTiming layer;
        layer.node = std::to_string(frame.width);
        layer.ms = look.scale_count;
        return {layer};
    }
    // One number that says how wide the example's box was, and one more if it was upright only.
    ExampleEmbedding embed(const Example& example, ExampleDepth depth,
                           std::stop_token /*stop*/) override {
        ExampleEmbedding made;
        made.rows = {static_cast<float>(example.box.width)};
        if (depth == ExampleDepth::kUpright) made.rows.push_back(1);
        return made;
    }

private:
    Process process_;
    Watch watch_;
};

inline live::ProcessorFactory fake(FakeProcessor::Process process,
                                   FakeProcessor::Watch watch = {}) {
    return [process = std::move(process), watch = std::move(watch)](std::stop_token) {
        return std::make_unique<FakeProcessor>(process, watch);
    };
}

// Says which frame it saw, at once.
inline Recognition echo(const Frame& frame, const std::stop_token& /*stop*/) {
    Recognition recognition;
    recognition.frame_id = frame.id;
    return recognition;
}

inline FramePtr makeFrame(std::uint64_t id, std::uint64_t source = 0) {
    Frame frame;
    frame.id = id;
    frame.source = source;
    frame.captured = std::chrono::steady_clock::now();
    frame.image = Image({4, 4});
    return std::make_shared<const Frame>(std::move(frame));
}

// A session whose nudges are counted; the taker stays blocked until the test takes.
struct NudgedSession {
    Counter nudges;
    live::Session session{[this] { nudges.add(); }};

    // Everything published until `enough` is true of one of the updates; empty if that never
    // happens. `enough` sees each update once.
    std::vector<live::Update> takeUntil(const std::function<bool(const live::Update&)>& enough) {
        std::vector<live::Update> all;
        for (std::uint64_t seen = 0;; ++seen) {
            for (live::Update& update : session.takeUpdates()) {
                all.push_back(std::move(update));
                if (enough(all.back())) return all;
            }
            // Nudges may lie behind what was taken already; then the loop merely looks again.
            if (!nudges.waitFor(seen + 1)) return {};
        }
    }
};

inline bool isModelMessage(const live::Update& update) {
    return update.frame == nullptr;
}

inline int scalesOf(const live::Update& update) {
    return static_cast<int>(update.recognition->scores.at(0));
}

}  // namespace overfeat::test
