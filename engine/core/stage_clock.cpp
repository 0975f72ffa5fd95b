// SPDX-License-Identifier: Apache-2.0
#include "engine/core/stage_clock.h"

#include <numeric>

namespace overfeat {

std::string_view name(Stage stage) noexcept {
    switch (stage) {
        case Stage::kResize:
            return "resize";
        case Stage::kNetwork:
            return "network";
        case Stage::kHeads:
            return "heads";
        case Stage::kVoting:
            return "voting";
    }
    return "";
}

double StageTimings::total_ms() const noexcept {
    return std::accumulate(ms_.begin(), ms_.end(), 0.0);
}

StageTimer::~StageTimer() {
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - start_;
    timings_.add(stage_, spent.count());
}

}  // namespace overfeat
