// SPDX-License-Identifier: Apache-2.0
#include "engine/core/latest_slot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace overfeat {
namespace {

TEST(LatestSlot, KeepsOnlyTheNewestAndCountsTheRest) {
    LatestSlot<int> slot;
    for (int i = 0; i < 5; ++i)
        slot.put(i);
    EXPECT_EQ(slot.tryTake(), 4);
    EXPECT_EQ(slot.tryTake(), std::nullopt);
    EXPECT_EQ(slot.replacedCount(), 4U);
}

TEST(LatestSlot, TakeReturnsNothingAfterAStopRequest) {
    LatestSlot<int> slot;
    std::stop_source stop;
    std::jthread asker([&] { stop.request_stop(); });
    EXPECT_EQ(slot.take(stop.get_token()), std::nullopt);
}

// A fast writer against a slow reader: the reader's values only increase, the last one always
// arrives, and no more than the one stored value stays alive.
TEST(LatestSlot, SlowReaderSeesIncreasingValuesAndTheLastOne) {
    static std::atomic<int> alive;
    struct Counted {
        explicit Counted(int v) : value(v) { ++alive; }
        ~Counted() { --alive; }
        int value;
    };
    constexpr int kLast = 20'000;
    alive = 0;
    int most_alive = 0;
    {
        LatestSlot<std::unique_ptr<Counted>> slot;
        std::jthread writer([&] {
            for (int i = 1; i <= kLast; ++i)
                slot.put(std::make_unique<Counted>(i));
        });
        std::stop_source never;
        int previous = 0;
        while (previous != kLast) {
            const auto value = slot.take(never.get_token());
            ASSERT_TRUE(value);
            ASSERT_GT((*value)->value, previous);
            previous = (*value)->value;
            most_alive = std::max(most_alive, alive.load());
        }
    }
    EXPECT_LE(most_alive, 4);  // ours, the stored one, the one being made, the one being replaced
    EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace overfeat
