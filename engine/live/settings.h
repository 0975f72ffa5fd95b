// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/core/look.h"

namespace overfeat::live {

// All that is wanted of the frames to come. A session holds one, whole and unchanging; a change is
// another one. Every result says which one it was made under (Update::revision).
struct Settings {
    Look look{};
    // To hold so many results per second, or as many as the source gives if those are fewer, work
    // is left out (FrameBudget). 0 = nothing is ever left out.
    double least_fps = 10;
    // False while the source rests (paused, ended): what is looked at then gets the full work.
    bool moving = true;
    // Whose frames are looked at; those of others are passed over. 0 = anybody's.
    std::uint64_t source = 0;

    bool operator==(const Settings&) const = default;
};

}  // namespace overfeat::live
