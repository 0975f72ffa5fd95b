// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace overfeat::test {

using Stopwatch = std::chrono::steady_clock;

// The shortest time of at most three tries; `once()` says what one took. For promises such as
// "stops within 250 ms": what else the machine does can make a try longer but never shorter, so a
// program that keeps the promise passes on a busy machine too, and one that does not never passes.
template <class Once>
Stopwatch::duration shortestOfThree(Stopwatch::duration promised, const Once& once) {
    auto shortest = Stopwatch::duration::max();
    for (int i = 0; i < 3 && shortest >= promised; ++i)
        shortest = std::min<Stopwatch::duration>(shortest, once());
    return shortest;
}

template <class Action>
Stopwatch::duration timeOf(const Action& action) {
    const auto start = Stopwatch::now();
    action();
    return Stopwatch::now() - start;
}

}  // namespace overfeat::test
