// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace overfeat {

// The values an option may have, ends included.
template <class T>
struct Range {
    T least;
    T most;

    constexpr bool holds(T value) const noexcept { return value >= least && value <= most; }
    // What is not a number becomes the least.
    constexpr T nearest(T value) const noexcept {
        return value > most ? most : value >= least ? value : least;
    }
};

}  // namespace overfeat
