// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <string_view>

#include "engine/core/api.h"

namespace overfeat {

// The steps a frame goes through on the inference thread.
enum class Stage { kResize, kNetwork, kHeads, kVoting };
inline constexpr int kStageCount = 4;
OVERFEAT_API std::string_view name(Stage stage) noexcept;  // "resize", "network", "heads", "voting"

// Milliseconds spent per stage for one frame.
class OVERFEAT_API StageTimings {
public:
    double operator[](Stage stage) const noexcept { return ms_[static_cast<size_t>(stage)]; }
    void add(Stage stage, double ms) noexcept { ms_[static_cast<size_t>(stage)] += ms; }
    double total_ms() const noexcept;

private:
    std::array<double, kStageCount> ms_{};
};

// Adds the time between its construction and destruction to one stage.
class StageTimer {
public:
    StageTimer(StageTimings& timings, Stage stage) noexcept
        : timings_(timings), stage_(stage), start_(std::chrono::steady_clock::now()) {}
    ~StageTimer();
    StageTimer(const StageTimer&) = delete;
    StageTimer& operator=(const StageTimer&) = delete;

private:
    StageTimings& timings_;
    Stage stage_;
    std::chrono::steady_clock::time_point start_;
};

}  // namespace overfeat
