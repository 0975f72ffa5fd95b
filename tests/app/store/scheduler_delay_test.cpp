// SPDX-License-Identifier: Apache-2.0
#include "app/store/scheduler_delay.h"

#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <optional>

#include "tests/support/temporary_folder.h"

namespace overfeat::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// As the kernel writes it: time on a processor, time waiting for one, how often it was given one.
TEST(SchedulerDelay, IsWhatTheThreadsWaitedTogether) {
    const test::TemporaryFolder tasks;
    tasks.write("17/schedstat", "9000000 250 7\n");
    tasks.write("18/schedstat", "1 4000 1\n");
    tasks.write("19/schedstat", "");  // it is ending
    EXPECT_EQ(schedulerDelay(tasks.path()), nanoseconds(4250));
}

TEST(SchedulerDelay, IsUnknownWhereTheKernelDoesNotTell) {
    const test::TemporaryFolder tasks;
    EXPECT_EQ(schedulerDelay(tasks.path()), std::nullopt);
    tasks.write("17/status", "Name: overfeat\n");
    EXPECT_EQ(schedulerDelay(tasks.path()), std::nullopt);
    EXPECT_EQ(schedulerDelay(tasks.path() / "none"), std::nullopt);
}

TEST(CrowdedByKernel, ByTheShareOfTheIntervalThatWasWaited) {
    SchedulerDelay delay = milliseconds(700);
    CrowdedByKernel crowded(milliseconds(200), [&] { return delay; });
    EXPECT_FALSE(crowded()) << "what was before it was first asked does not count";
    delay = *delay + milliseconds(99);
    EXPECT_FALSE(crowded());
    delay = *delay + milliseconds(101);
    EXPECT_TRUE(crowded());
    EXPECT_FALSE(crowded()) << "nothing since";
    delay = *delay - milliseconds(600);
    EXPECT_FALSE(crowded()) << "threads ended";
    delay.reset();
    EXPECT_TRUE(crowded()) << "nothing is known";
    delay = milliseconds(1);
    EXPECT_TRUE(crowded()) << "nor what has changed";
    EXPECT_FALSE(crowded());
}

}  // namespace
}  // namespace overfeat::store
