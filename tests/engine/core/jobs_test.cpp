// SPDX-License-Identifier: Apache-2.0
#include "engine/core/jobs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace overfeat {
namespace {

TEST(RunJobs, DoesEveryJobOnce) {
    for (const int threads : {0, 1, 3}) {
        std::vector<std::atomic<int>> done(50);
        runJobs(done.size(), threads, [&](std::size_t i) { ++done[i]; });
        for (const auto& times : done)
            EXPECT_EQ(times, 1);
    }
    runJobs(0, 0, [](std::size_t) { FAIL(); });
}

TEST(RunJobs, StaysOnTheCallingThreadIfAskedTo) {
    const auto caller = std::this_thread::get_id();
    runJobs(20, 1, [&](std::size_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
}

TEST(RunJobs, FinishesTheOthersAndThrowsOnWhatAJobThrew) {
    std::atomic<int> done = 0;
    EXPECT_THROW(runJobs(20, 0,
                         [&](std::size_t i) {
                             if (i == 3) throw std::runtime_error("no");
                             ++done;
                         }),
                 std::runtime_error);
    EXPECT_EQ(done, 19);
}

}  // namespace
}  // namespace overfeat
