// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace overfeat::app {

// How long a model took here to look at a picture as pictures usually are: 640x480, at the usual
// scales. Measured once and remembered, for a person who chooses among models.
struct MeasuredSpeed {
    std::string model;   // as it is asked for
    std::string device;  // as it describes itself, and of which computer
    double ms = 0;
    bool operator==(const MeasuredSpeed&) const = default;
};

// Null: it has not been measured there.
inline const MeasuredSpeed* find(const std::vector<MeasuredSpeed>& speeds, const std::string& model,
                                 const std::string& device) {
    const auto found = std::ranges::find_if(speeds, [&](const MeasuredSpeed& speed) {
        return speed.model == model && speed.device == device;
    });
    return found == speeds.end() ? nullptr : &*found;
}

// The newest in front, in the place of what was measured before; of many the oldest goes.
inline void remember(std::vector<MeasuredSpeed>& speeds, const MeasuredSpeed& speed) {
    constexpr std::size_t kMost = 32;
    std::erase_if(speeds, [&](const MeasuredSpeed& other) {
        return other.model == speed.model && other.device == speed.device;
    });
    speeds.insert(speeds.begin(), speed);
    if (speeds.size() > kMost) speeds.resize(kMost);
}

}  // namespace overfeat::app
